"""Located source: finds the line and column of an error in a document fast."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from graphql import Source
from graphql.language import SourceLocation

#: The line terminators of the GraphQL specification, 2.1.2.
_NEWLINE = re.compile(r"\r\n|[\n\r]")


class LocatedSource(Source):
    """Source that finds the beginnings of its lines once, not for each error.

    Without it an answer with thousands of refused fields reads the whole document for each.
    """

    @cached_property
    def _lines(self) -> tuple[list[int], list[int]]:
        """Where each line but the first begins, and where the terminators before them begin."""
        found = list(_NEWLINE.finditer(self.body))
        return [match.end() for match in found], [match.start() for match in found]

    def get_location(self, position: int) -> SourceLocation:
        """The line and column of a position, both from 1: as ``Source`` gives them."""
        begins, terminators = self._lines
        line = bisect_left(terminators, position)
        return SourceLocation(line + 1, position + 1 - (begins[line - 1] if line else 0))
