"""Frames: the answers of live queries, as the subscription's own answers."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson
from orjson import Fragment

from gateway.graphql.execution.answer import Answer
from gateway.json_bytes import json_bytes

_DIGEST_BYTES = 16


class Frame:
    """One answer as JSON, for all streams that it is sent to; ``unread`` of them still hold it."""

    __slots__ = ("data", "digest", "unread")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.digest = blake2b(data, digest_size=_DIGEST_BYTES).digest()
        self.unread = 0


def frame_of(answer: Answer, key: str) -> Frame:
    """The answer, its data and the paths of its errors below the subscription's field."""
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
    return Frame(json_bytes(frame))
