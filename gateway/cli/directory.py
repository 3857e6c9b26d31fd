"""``stats-gateway directory``: load and dump users, groups, memberships, projects and workflows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import orjson

from gateway.cli.dump_progress import DumpProgress
from gateway.cli.running import CommandFailed, database_option, opened_with_retry, run
from gateway.directory.document import read_document
from gateway.directory.dump import dump_directory
from gateway.directory.load import Loaded, load_entries
from gateway.errors import UnreadableFile
from gateway.events.header import UTF8_MARK
from gateway.events.opening import STANDARD_INPUT
from gateway.private_file import written_whole
from gateway.reasons import reason_of


@click.group()
def directory() -> None:
    """Users, groups, memberships, projects and workflows."""


@directory.command()
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--take-over",
    is_flag=True,
    help="Also replace groups about which this gateway decides: the file decides from now on. "
    "Without this option, a file with such groups is refused.",
)
@database_option
def load(file: Path, database_url: str | None, *, take_over: bool) -> None:
    """Store the users, groups, memberships, projects and workflows of a JSON FILE.

    An entry replaces the stored entry with the same id. Entries that the file does not list stay,
    except of groups that a file of directory dump contains: these are replaced as a whole.
    Either the whole file is stored, or nothing.
    """
    counts = run(_load(database_url, file, replace_local=take_over))
    for name, (listed, changed) in counts.items():
        click.echo(f"{name.replace('_', ' ')}: {listed:,} ({changed:,} new or changed)")


async def _load(database_url: str | None, file: Path, *, replace_local: bool) -> dict[str, Loaded]:
    document = _read_json(file)
    try:
        entries = read_document(document)
        async with opened_with_retry(database_url, may_make=True) as database:
            return await database.write(
                lambda connection: load_entries(
                    connection,
                    entries,
                    replace_local=replace_local,
                    log=partial(click.echo, err=True),
                )
            )
    except UnreadableFile as error:
        raise UnreadableFile(f"{file}: {error.message}") from None


def _read_json(file: Path) -> object:
    try:
        text = sys.stdin.buffer.read() if str(file) == STANDARD_INPUT else file.read_bytes()
        return orjson.loads(text.removeprefix(UTF8_MARK))
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {reason_of(error)}.") from None
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"{file} is not JSON: {reason_of(error)}.") from None


@directory.command()
@click.argument(
    "file", metavar="[FILE|-]", default="-", type=click.Path(path_type=Path, allow_dash=True)
)
@click.option(
    "--with-join-tokens",
    is_flag=True,
    help="Include the join links of groups. Whoever reads the file can join these groups.",
)
@database_option
def dump(file: Path, database_url: str | None, *, with_join_tokens: bool) -> None:
    """Write everything but events to a JSON FILE, or to standard output.

    The file contains users, groups with their members and history, projects and workflows, and
    what counts to groups: directory load reads it. Only its owner may read it. It appears when it
    is complete, and replaces an earlier one. A server may run meanwhile.
    """
    if str(file) == STANDARD_INPUT:
        run(_dump(database_url, sys.stdout.buffer.write, with_join_tokens=with_join_tokens))
        sys.stdout.buffer.flush()
        return
    try:
        with written_whole(file) as output:
            numbers = run(_dump(database_url, output.write, with_join_tokens=with_join_tokens))
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {reason_of(error)}.") from None
    for name, number in numbers.items():
        click.echo(f"{name.replace('_', ' ')}: {number:,}")


async def _dump(
    database_url: str | None, write: Callable[[bytes], object], *, with_join_tokens: bool
) -> dict[str, int]:
    with DumpProgress() as progress:
        async with opened_with_retry(database_url) as database, database.read() as snapshot:
            return await dump_directory(
                snapshot, write, progress.show, with_join_tokens=with_join_tokens
            )
