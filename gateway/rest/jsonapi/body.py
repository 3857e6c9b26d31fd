"""JSON:API bodies: the resource under its name, with permitted keys only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.rest.jsonapi.errors import UnusableBody

#: A message names at most so many unpermitted keys, each with at most so many characters.
_NAMED = 5
_LONGEST_QUOTED = 40


def resource_of(body: Any, name: str) -> Any:
    """The value under the resource's name; all other keys are ignored."""
    found = body.get(name) if isinstance(body, dict) else None
    if not found:
        raise UnusableBody(f"param is missing or the value is empty: {name}")
    return found


def permitted(value: Any, name: str, keys: Collection[str]) -> Mapping[str, Any]:
    """Check that a value is an object with only these keys; UnusableBody otherwise."""
    if not isinstance(value, dict):
        raise UnusableBody(f"{name} must be an object.")
    wrong = [key for key in value if key not in keys]
    if wrong:
        names = ", ".join(f":{key[:_LONGEST_QUOTED]}" for key in wrong[:_NAMED])
        more = ", …" if len(wrong) > _NAMED else ""
        plural = "s" if len(wrong) > 1 else ""
        raise UnusableBody(f"found unpermitted parameter{plural}: {names}{more}")
    return value


def text_of(value: Any, name: str) -> str:
    """Check that a value is a text; UnusableBody otherwise."""
    if not isinstance(value, str):
        raise UnusableBody(f"{name} must be a text.")
    return value
