"""Frames: the answer of a live query, as the subscription's own answer."""

from __future__ import annotations

from typing import Any

import orjson
from orjson import Fragment

from gateway.graphql.execution.answer import Answer


def frame_of(answer: Answer, key: str) -> bytes:
    """The answer as JSON, its data and the paths of its errors below the subscription's field."""
    frame: dict[str, Any] = {}
    if "errors" in answer:
        errors = answer["errors"]
        if isinstance(errors, Fragment):
            errors = orjson.loads(orjson.dumps(errors))
        frame["errors"] = [
            {**error, "path": [key, *error["path"]]} if "path" in error else error
            for error in errors
        ]
    if "data" in answer:
        data = answer["data"]
        frame["data"] = None if data is None else {key: data}
    if "extensions" in answer:
        frame["extensions"] = answer["extensions"]
    return orjson.dumps(frame)
