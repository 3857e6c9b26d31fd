"""Whatever another library says, our sentence stays one sentence on one line."""

from __future__ import annotations

import errno
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from gateway.reasons import LONGEST_REASON, as_reason, reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("no such thing"), "no such thing"),
        (ValueError("no such thing.\n\nLINE 1: SELECT\n        ^"), "no such thing"),
        (ValueError("\n  Not found!"), "Not found"),
        (ValueError("It is closed. Open it first."), "It is closed; Open it first"),
        (ValueError("version 1.5 of a.b"), "version 1.5 of a.b"),
        (ValueError("a\tb \x1b[31mc\0"), "a b \ufffd[31mc\ufffd"),
        (ValueError("half \ud83d of it"), "half \ufffd of it"),
        (EOFError(), "EOFError"),
        (ValueError(" ... "), "ValueError"),
        (OSError(errno.ENOENT, "No such file or directory", "a.csv"), "No such file or directory"),
        (OSError("Invalid data stream"), "Invalid data stream"),
        (DBAPIError("SELECT secret", None, ValueError("disk full.")), "disk full"),
        (ValueError("x" * 201), "x" * 199 + "…"),
        (ValueError("x" * 200), "x" * 200),
    ],
    ids=range(14),
)
def test_a_reason_is_the_first_line_without_its_end(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


@given(st.text(st.characters(), max_size=500))
@example("a.\n\nB")
@example("It ends here. It does not. It does!")
@example("." * 300)
def test_any_text_is_part_of_one_sentence(text: str) -> None:
    reason = as_reason(text)
    assert len(reason) <= LONGEST_REASON
    assert all(letter.isprintable() for letter in reason)
    reason.encode()
    assert not re.search(r"[.!?] [A-Z]|\.$", reason)
