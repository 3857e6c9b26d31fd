"""Reasons in error messages: another library's message, inside one of our sentences.

Such a message may have many lines or sentences, quote what a stranger wrote, or say nothing.
"""

from __future__ import annotations

import re

#: Letters; what is longer is cut.
LONGEST_REASON = 200

#: Where a sentence ends and another begins: "… is closed. Open it first".
_NEXT_SENTENCE = re.compile(r"[.!?]+ (?=[A-Z])")


def reason_of(error: BaseException) -> str:
    """Why an error was raised, by its own message: see :func:`as_reason`.

    The system's words for an OSError, the driver's for an error of SQLAlchemy, which would quote
    the statement. The name of its class if it says nothing.
    """
    said = getattr(error, "orig", None) or error
    if isinstance(said, OSError) and said.strerror:
        return as_reason(said.strerror) or type(said).__name__
    return as_reason(str(said)) or type(said).__name__


def as_reason(text: str) -> str:
    """The first line that is not blank, as a part of a sentence that is not its end.

    Without a full stop behind it, without control characters, no longer than
    :data:`LONGEST_REASON`; sentences inside it are joined.
    """
    line = next((line for line in text.splitlines() if line.strip()), "")
    # What cannot be printed cannot be seen either; half of a surrogate pair cannot be written.
    words = "".join(letter if letter.isprintable() else "\ufffd" for letter in line.expandtabs(1))
    joined = _NEXT_SENTENCE.sub("; ", " ".join(words.split()))
    if len(joined) > LONGEST_REASON:
        joined = f"{joined[: LONGEST_REASON - 1]}…"
    return joined.rstrip(" .:;,!?")
