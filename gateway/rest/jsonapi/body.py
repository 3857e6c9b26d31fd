"""Bodies: the resource under its name, and no key in it that may not be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.rest.jsonapi.errors import UnusableBody

#: Of unpermitted keys so many are named, with so many letters.
_NAMED = 5
_SHOWN = 40


def resource_of(body: Any, name: str) -> Any:
    """What stands under the resource's name; whatever stands beside it is ignored."""
    found = body.get(name) if isinstance(body, dict) else None
    if not found:
        raise UnusableBody(f"param is missing or the value is empty: {name}")
    return found


def permitted(value: Any, name: str, keys: Collection[str]) -> Mapping[str, Any]:
    """An object that has none but these keys; UnusableBody otherwise."""
    if not isinstance(value, dict):
        raise UnusableBody(f"{name} must be an object.")
    wrong = [key for key in value if key not in keys]
    if wrong:
        shown = ", ".join(f":{key[:_SHOWN]}" for key in wrong[:_NAMED])
        more = ", …" if len(wrong) > _NAMED else ""
        plural = "s" if len(wrong) > 1 else ""
        raise UnusableBody(f"found unpermitted parameter{plural}: {shown}{more}")
    return value


def text_of(value: Any, name: str) -> str:
    """A text; UnusableBody for anything else."""
    if not isinstance(value, str):
        raise UnusableBody(f"{name} must be a text.")
    return value
