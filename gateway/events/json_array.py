"""Streaming JSON array: split an array of any length into the texts of its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from gateway.errors import UnreadableFile
from gateway.events.header import UTF8_MARK

_PIECE = 64 * 1024
_DEEPEST = 100
#: An element may be so many times longer than the limit; beyond that the array is damaged.
_PASSED_OVER = 16
_SPACE = b" \t\r\n"
_OUTSIDE = re.compile(rb'["\[\]{},]')
_INSIDE = re.compile(rb'["\\]')


def array_elements(file: BinaryIO, name: str, longest: int) -> Iterator[bytes | None]:
    """Split a JSON array: the text of each element, None for one of more than ``longest`` bytes.

    Elements are split, not validated: decoding one finds errors inside it. UnreadableFile names
    the last element before a damage of the array.
    """
    splitter = _Splitter(name, longest)
    while piece := file.read(_PIECE):
        yield from splitter.split(piece)
    splitter.finish()


class _Splitter:
    def __init__(self, name: str, longest: int) -> None:
        self._name = name
        self._longest = longest
        #: Open brackets: 0 before and after the array, 1 between its elements.
        self._depth = 0
        self._in_string = False
        self._escape = b""
        self._element = bytearray()
        #: Of the element in bytes, also of one that is too long to store.
        self._size = 0
        self._yielded = 0
        self._ended = False

    def split(self, piece: bytes) -> Iterator[bytes | None]:
        """The elements that end in a piece of the text."""
        piece, self._escape = self._escape + piece, b""
        offset = 0 if self._depth or self._ended else self._begin(piece)
        while offset < len(piece) and not self._ended:
            found = (_INSIDE if self._in_string else _OUTSIDE).search(piece, offset)
            if found is None:
                self._keep(piece[offset:])
                return
            mark, end = found[0], found.end()
            if self._ends(mark):
                self._keep(piece[offset : found.start()])
                yield from self._complete()
            elif mark == b"\\" and end == len(piece):
                # What it escapes comes with the next piece.
                self._keep(piece[offset : found.start()])
                self._escape = mark
            else:
                end += mark == b"\\"
                self._keep(piece[offset:end])
            offset = end
        if self._ended and piece[offset:].strip(_SPACE):
            raise self._broken("other text follows the array")

    def finish(self) -> None:
        """UnreadableFile if the array has not ended."""
        if not self._ended:
            raise self._broken("it ends in the middle")

    def _begin(self, piece: bytes) -> int:
        """Where the first element begins; its bracket is in the first piece, or it is no array."""
        offset = piece.find(b"[") + 1
        if piece[:offset].removeprefix(UTF8_MARK).strip(_SPACE) != b"[":
            raise self._broken("it is not a JSON array")
        self._depth = 1
        return offset

    def _ends(self, mark: bytes) -> bool:
        """Follow a quote, a comma or a bracket; whether an element ends before it."""
        if mark == b'"':
            self._in_string = not self._in_string
        elif mark in b"[{":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self._broken(f"the next object is nested deeper than {_DEEPEST} levels")
        elif mark in b"]}":
            self._depth -= 1
            if not self._depth and mark != b"]":
                raise self._broken("it ends with the wrong bracket")
            return not self._depth
        return self._depth == 1 and mark == b","

    def _keep(self, text: bytes) -> None:
        self._size += len(text)
        if self._size <= self._longest:
            self._element += text
        elif self._size <= self._longest * _PASSED_OVER:
            self._element.clear()
        else:
            raise self._broken("the next object does not end")

    def _complete(self) -> Iterator[bytes | None]:
        too_long = self._size > self._longest
        element = None if too_long else bytes(self._element.strip(_SPACE))
        self._ended = not self._depth
        self._element.clear()
        self._size = 0
        # Between the brackets of an empty array there is none.
        if element != b"" or self._yielded or not self._ended:
            self._yielded += 1
            yield element

    def _broken(self, reason: str) -> UnreadableFile:
        return UnreadableFile(
            f"{self._name} is damaged: nothing can be read after object {self._yielded} ({reason})."
        )
