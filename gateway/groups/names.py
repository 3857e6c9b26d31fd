"""Names of groups: their validation, and names derived from display names."""

from __future__ import annotations

import re
from collections.abc import Callable
from secrets import token_hex
from unicodedata import category, combining, normalize

from gateway.groups.refusals import GroupRefusal, RefusalCode

#: Characters of a name, which addresses contain.
LONGEST_NAME = 100
#: Characters of a display name.
LONGEST_DISPLAY_NAME = 120

_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST_NAME}}}", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_.-]", re.ASCII)
#: Bidirectional embeddings, overrides and isolates, which reorder the text around them.
_BIDIRECTIONAL = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
#: Control characters, breaks of lines and paragraphs, and halves of surrogate pairs.
_REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs"})
#: Random bytes of the suffix that makes a name unique.
_SUFFIX_BYTES = 4


def checked_name(name: str) -> str:
    """Validate a name: the name itself, or NAME_INVALID."""
    if _NAME.fullmatch(name):
        return name
    raise GroupRefusal(
        RefusalCode.NAME_INVALID,
        f"A name has 1 to {LONGEST_NAME} characters: letters A to Z, digits, and the characters "
        "_ . - but no others.",
        "name",
    )


def checked_display_name(text: str) -> str:
    """Validate a display name: in NFC without spaces around it, or DISPLAY_NAME_INVALID.

    It is any visible text of one line.
    """
    if (name := line_of(text, LONGEST_DISPLAY_NAME)) is not None:
        return name
    raise GroupRefusal(
        RefusalCode.DISPLAY_NAME_INVALID,
        f"A display name has 1 to {LONGEST_DISPLAY_NAME} characters on one line, without control "
        "characters and characters that change the direction of text.",
        "displayName",
    )


def line_of(text: str, longest: int) -> str | None:
    """The text in NFC without spaces around it; None if it is no visible text of one line.

    It has at most ``longest`` characters, without control and bidirectional characters.
    """
    # A text can grow by what NFC composes of it, but never to three times as many characters.
    line = normalize("NFC", text[: 4 * longest].strip())
    if (
        len(text) <= 4 * longest
        and len(line) <= longest
        and not any(one in _BIDIRECTIONAL or category(one) in _REFUSED for one in line)
        and any(category(one)[0] not in "CZ" for one in line)
    ):
        return line
    return None


def derived_name(
    display_name: str,
    is_taken: Callable[[str], bool],
    suffix: Callable[[], str] = lambda: token_hex(_SUFFIX_BYTES),
) -> str:
    """A unique name derived from a display name: "Café Noir" becomes "cafe_noir".

    A name that is taken, or empty, gets a random suffix.
    """
    plain = "".join(one for one in normalize("NFKD", display_name) if not combining(one))
    name = _NOT_IN_NAMES.sub("", "_".join(plain.lower().split()))
    if name and len(name) <= LONGEST_NAME and not is_taken(name):
        return name
    # No name begins with the hyphen of the suffix: spreadsheets take that for a formula.
    base = name[: LONGEST_NAME - 1 - 2 * _SUFFIX_BYTES] or "group"
    while is_taken(made := f"{base}-{suffix()}"):
        pass
    return made
