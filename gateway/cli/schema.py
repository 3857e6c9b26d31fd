"""``stats-gateway schema``: the schema as text."""

from __future__ import annotations

from typing import TextIO

import click


@click.group()
def schema() -> None:
    """The GraphQL schema that this version serves."""


@schema.command("print")
@click.option(
    "--output",
    metavar="FILE",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="Write it to this file instead of the terminal.",
)
def print_schema(output: TextIO) -> None:
    """Print the schema in GraphQL's schema definition language, federation included."""
    from resolvers.schema import schema as served

    click.echo(served.as_str().rstrip(), file=output)
