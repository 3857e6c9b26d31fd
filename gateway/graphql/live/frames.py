"""Frames: answers of live queries in the form of the subscription's answers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from orjson import Fragment

from gateway.changes.position import LogPosition
from gateway.graphql.execution.answer import Answer
from gateway.json_bytes import json_bytes

_DIGEST_BYTES = 16


class Frame:
    """Answer as JSON, for all streams that it is sent to; ``unread`` of them still hold it.

    It is known to be valid at ``position``, if that is known, and may be later as well.
    """

    __slots__ = ("data", "digest", "has_extensions", "position", "unread")

    def __init__(
        self, data: bytes, position: LogPosition | None = None, *, has_extensions: bool = False
    ) -> None:
        self.data = data
        self.position = position
        self.has_extensions = has_extensions
        self.digest = blake2b(data, digest_size=_DIGEST_BYTES).digest()
        self.unread = 0

    def also_holds_at(self, position: LogPosition | None) -> None:
        """Note that it is valid at this position as well, which may be newer."""
        known = self.position
        if position is not None and (known is None or known.version < position.version):
            self.position = position

    def with_extensions(self, more: Mapping[str, str]) -> bytes:
        """The answer with more extensions, for one of its readers."""
        if not more:
            return self.data
        if self.has_extensions:
            answer = orjson.loads(self.data)
            return json_bytes({**answer, "extensions": {**answer["extensions"], **more}})
        # All of it may be large, and there may be many readers.
        return b'%b,"extensions":%b}' % (self.data[:-1], orjson.dumps(more))


def frame_of(answer: Answer, key: str, position: LogPosition | None = None) -> Frame:
    """The frame of an answer, with data and error paths below the subscription's field."""
    frame: dict[str, Any] = {**answer}
    if "errors" in answer:
        errors = answer["errors"]
        if isinstance(errors, Fragment):
            errors = orjson.loads(orjson.dumps(errors))
        frame["errors"] = [
            {**error, "path": [key, *error["path"]]} if "path" in error else error
            for error in errors
        ]
    if answer.get("data") is not None:
        frame["data"] = {key: answer["data"]}
    return Frame(json_bytes(frame), position, has_extensions="extensions" in frame)
