"""``stats-gateway schema``: print the GraphQL schema."""

from __future__ import annotations

from typing import TextIO

import click


@click.group()
def schema() -> None:
    """Print the GraphQL schema of this version."""


@schema.command("print")
@click.option(
    "--output",
    metavar="FILE",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="Write the schema to this file instead of standard output.",
)
def print_schema(output: TextIO) -> None:
    """Print the schema in GraphQL's schema definition language, with federation."""
    from resolvers.schema import schema as served

    click.echo(served.as_str().rstrip(), file=output)
