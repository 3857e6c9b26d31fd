"""Quote a value of an event in a message."""

from __future__ import annotations


def quoted(value: object) -> str:
    """Quoted value: its ``repr``, cut to one short line."""
    # Numbers of thousands of digits cannot be written at all, and nobody reads them.
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    text = repr(value[:41] if isinstance(value, str) else value)
    return text if len(text) <= 48 else f"{text[:40]}…"


def written_id(value: object) -> str | None:
    """Id as it was written, for the report of a reject; None if there is none."""
    if value is None or isinstance(value, bool | list | dict):
        return None
    if not isinstance(value, str):
        return quoted(value)
    # Half of a surrogate pair cannot be encoded.
    return value[:40].encode(errors="replace").decode()
