"""``stats-gateway verify`` and ``rebuild``: check and repair rollups against the ledger."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.running import database_option, opened_with_retry, run
from gateway.db.rollup_sets import SETS, RollupSet
from gateway.rollups.rebuild import rebuild
from gateway.rollups.verify import verify

#: Differences that are printed of each set; all are counted.
_MOST_PRINTED = 5


@click.command("verify")
@database_option
def verify_command(database_url: str | None) -> None:
    """Recount all rollups from the stored events and report differences.

    The exit status is 0 without differences and 1 with some. The command reads one snapshot, so it
    may run while a server stores events.
    """
    found = run(_verify(database_url))
    if not found.total():
        click.echo(f"All {len(SETS)} rollup sets agree with the stored events.")
        return
    for name, differing in found.items():
        if differing:
            click.echo(f"{name}: {differing:,} rows differ.")
    click.echo("Run stats-gateway rebuild to repair them.", err=True)
    sys.exit(1)


@click.command("rebuild")
@database_option
def rebuild_command(database_url: str | None) -> None:
    """Repair all rollups: recount them from the stored events.

    A server may run meanwhile: it reads the old rollups until all new ones are ready. If the
    command is stopped, nothing changes.
    """
    repaired = run(_rebuild(database_url))
    for name, rows in repaired.items():
        click.echo(f"{name}: {rows:,} rows repaired.")
    if not repaired:
        click.echo(f"All {len(SETS)} rollup sets already agreed with the stored events.")


async def _verify(database_url: str | None) -> Counter[str]:
    found: Counter[str] = Counter()
    with _progress() as started:
        async with opened_with_retry(database_url) as database, database.read() as snapshot:
            for rollup in SETS:
                started(rollup)
                async for differences in verify(snapshot, rollup):
                    for difference in differences[: max(_MOST_PRINTED - found[rollup.name], 0)]:
                        click.echo(difference)
                    found[rollup.name] += len(differences)
    return found


async def _rebuild(database_url: str | None) -> Counter[str]:
    with _progress() as started:
        async with opened_with_retry(database_url) as database:
            return await rebuild(database, started)


@contextmanager
def _progress() -> Iterator[Callable[[RollupSet], None]]:
    """Progress bar on a terminal, else a line for each set; yields the callback for its start."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("Recounting {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    names = [rollup.name for rollup in SETS]
    task = bar.add_task("", total=len(names))

    def started(rollup: RollupSet) -> None:
        done = names.index(rollup.name)
        bar.update(task, completed=done, description=rollup.name)
        if not console.is_terminal:
            console.print(f"Recounting {rollup.name} ({done + 1} of {len(names)})", highlight=False)

    with bar:
        yield started
