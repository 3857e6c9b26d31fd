"""Integer options of the command line."""

from __future__ import annotations

from typing import Any

import click


class WholeNumber(click.IntRange):
    """Integer option from ``min`` to ``max``, with one message for all invalid values."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the text; a usage error if it is no such number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a whole number from {self.min} to {self.max}.", param, ctx)
