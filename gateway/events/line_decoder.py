"""Encoding of lines that are not UTF-8: Windows-1252, by rules.

A detector such as charset-normalizer weighs likelihoods; a name that is likely right is not right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

#: Replaces bytes that cannot be decoded.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

#: Bytes that no word in the languages of Windows-1252 has, but words in other code pages have.
_OTHER_ALPHABET = re.compile(
    b"|".join(
        (
            # four letters beyond ASCII in a row, or three of which one is a sign
            rb"[\x80-\xff]{4}",
            rb"[\x80-\xbf][\x80-\xff]{2}",
            rb"[\x80-\xff][\x80-\xbf][\x80-\xff]",
            rb"[\x80-\xff]{2}[\x80-\xbf]",
            # a letter of UTF-8, which is a capital and a sign
            rb"[\xc2-\xdf][\x80-\xbf]",
            # a sign of the upper half that no word begins with
            rb"[\xa2-\xa9\xac\xae\xaf\xb1\xb4\xb6\xb8][A-Za-z\xc0-\xff]",
            # a capital behind a small letter, or a sign inside a word
            rb"[a-z][\x8a\x8c\x8e\x9f]",
            rb"[A-Za-z][\x80\x82-\x84\x86-\x89\x8b\x91\x93-\x95\x98\x99\x9b][A-Za-z]",
        )
    )
)


class LineDecoder:
    """Decoder of lines as UTF-8, else as Windows-1252; counts lines that are not UTF-8.

    In a file with UTF-8 beyond ASCII, a line that is not UTF-8 is damaged UTF-8: then, and where
    Windows-1252 does not define the bytes, letters are replaced.
    """

    def __init__(self, has_utf8: Callable[[], bool]) -> None:
        """``has_utf8`` is called only when needed: whether the file has UTF-8 beyond ASCII."""
        self.windows_1252 = 0
        self.undecided = 0
        self._has_utf8 = has_utf8
        self._mixed: bool | None = None

    def decode(self, line: bytes) -> str:
        """Decode a line."""
        try:
            return line.decode()
        except UnicodeDecodeError:
            pass
        if self._mixed is None:
            self._mixed = self._has_utf8()
        if not self._mixed and not _OTHER_ALPHABET.search(line):
            try:
                text = line.decode("windows-1252")
            except UnicodeDecodeError:
                pass
            else:
                self.windows_1252 += 1
                return text
        self.undecided += 1
        return line.decode(errors="replace")

    def remarks(self) -> Iterator[str]:
        """Remarks on lines that were not UTF-8, a sentence each."""
        if self.windows_1252:
            yield f"{_lines(self.windows_1252)} not UTF-8 and were read as Windows-1252."
        if self.undecided:
            yield (
                f"{_lines(self.undecided)} in an unknown encoding: names with unreadable "
                "letters are left out, and names that are already stored stay."
            )


def has_utf8_beyond_ascii(lines: Iterator[bytes]) -> bool:
    """Whether any of the lines is UTF-8 and not ASCII."""
    return any(not line.isascii() and _is_utf8(line) for line in lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(count: int) -> str:
    return "1 line is" if count == 1 else f"{count:,} lines are"
