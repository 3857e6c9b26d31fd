"""``stats-gateway demo``: real exports, a group of their volunteers, and a server to look at."""

from __future__ import annotations

import gc
import json
import os
import secrets
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import click

from gateway.auth.keys import read_private_key, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.cli.importing import import_command
from gateway.cli.running import opened, run
from gateway.cli.serving import endpoint_url, free_port, serve
from gateway.cli.whole_number import WholeNumber
from gateway.directory.backfill_members import backfill_members
from gateway.directory.load import load_directory
from gateway.directory.users import USER_IDS
from gateway.private_file import owner_only
from gateway.settings import PREFIX, Settings, load_settings

#: The exports that the package carries: file, project id and what the project is called.
EXPORTS = (
    ("wildlife-watch-kenya.csv.gz", 1, "Wildlife Watch Kenya"),
    ("cat-project.csv.gz", 2, "Cat Project"),
    ("wildcam-gorongosa.csv.gz", 3, "WildCam Gorongosa"),
)
#: One group whose members see totals and whose admin sees more, and one that anyone may look at.
CLASSROOM, SHOWCASE = 1, 2


class Role(NamedTuple):
    """Somebody to look at the demo as; the token is written to a file named for them."""

    name: str
    user_id: int
    sees: str
    is_site_admin: bool = False


#: Two volunteers of the first export (the member came back on 22 days) and somebody in no group.
ADMIN = Role("admin", 1304710, "An admin of the group also sees the statistics of each member")
MEMBER = Role("member", 1631617, "A member of the group sees its totals")
SITE_ADMIN = Role("site-admin", 1, "A site admin sees everything", is_site_admin=True)
ROLES = (MEMBER, ADMIN, SITE_ADMIN)
_TOKENS_LAST = timedelta(days=7)
_QUERY = (
    "{ userGroup(id: 1) { displayName classifications { totalCount timeSpent activeUsers"
    " buckets(period: MONTH) { startsOn count } topContributors(first: 5)"
    " { user { displayName } count } } } }"
)


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=".demo",
    show_default=True,
    help="Where to store the database, the keys and the tokens. An earlier demo there is replaced.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.pass_context
def demo(context: click.Context, directory: Path, host: str, port: int) -> None:
    """Load three real exports into a new SQLite file, and serve it.

    Creates two groups: only members see the totals of group 1; anyone sees everything of group 2.
    Prints a link, a query and a token for each role.
    """
    # First of all: a demo that is still running keeps its files, and this one says why it cannot.
    port = free_port(host, port)
    keys = write_new_keys(directory, overwrite=True)
    database = directory / "demo.db"
    for leftover in (database, *directory.glob("demo.db-*")):
        with suppress(FileNotFoundError):
            leftover.unlink()
    url = f"sqlite:///{database}"
    for file, project_id, name in EXPORTS:
        click.echo(f"Importing {name}, project {project_id}:")
        with as_file(files("gateway") / "demo" / file) as path:
            context.invoke(
                import_command,
                files=(str(path),),
                project_id=project_id,
                project_name=name,
                database_url=url,
                rejects_path=directory / f"{file}.rejects.csv",
            )
    os.environ[PREFIX + "JWT_PUBLIC_KEY_FILE"] = str(keys.public)
    settings = load_settings(database_url=url)
    run(_make_groups(settings))
    tokens = _write_tokens(directory, read_private_key(keys.private), settings.jwt_issuer)
    _explain(endpoint_url(host, port), directory, tokens)
    context.invoke(serve, host=host, port=port, workers=None, database_url=url)
    # The server freezes what is loaded; DuckDB, here from the imports, complains of what is never
    # collected.
    gc.unfreeze()


async def _make_groups(settings: Settings) -> None:
    """Make both groups, of all volunteers, and count to them what these have done so far."""
    async with opened(settings) as database:
        async with database.read() as snapshot:
            volunteers = [row.id for row in await snapshot.fetch(USER_IDS)]
        document = {
            "projects": [
                {"id": project_id, "slug": f"demo/{_slug(name)}", "display_name": name}
                for _, project_id, name in EXPORTS
            ],
            "user_groups": [
                {
                    "id": CLASSROOM,
                    "name": "demo-classroom",
                    "display_name": "Demo classroom",
                    "stats_visibility": "private_agg_only",
                },
                {
                    "id": SHOWCASE,
                    "name": "demo-showcase",
                    "display_name": "Demo showcase",
                    "stats_visibility": "public_show_all",
                },
            ],
            "memberships": [
                {
                    "user_id": user_id,
                    "user_group_id": group_id,
                    "state": "active",
                    "roles": ["group_admin" if user_id == ADMIN.user_id else "group_member"],
                }
                for group_id in (CLASSROOM, SHOWCASE)
                for user_id in volunteers
            ],
        }
        await database.write(lambda connection: load_directory(connection, document))
        until = time.time_ns() // 1000
        for group_id in (CLASSROOM, SHOWCASE):
            await database.write(
                partial(backfill_members, group_id=group_id, user_ids=(), until_us=until)
            )


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _write_tokens(directory: Path, private_key: bytes, issuer: str) -> dict[Role, str]:
    """Make a token for each role, and write it to ``<role>.token`` for commands to read."""
    expires = datetime.now(UTC) + _TOKENS_LAST
    tokens = {
        role: issue_token(
            private_key,
            role.user_id,
            None,
            None,
            role.is_site_admin,
            expires,
            issuer,
            rng=secrets.token_hex(8),
        )
        for role in ROLES
    }
    for role, token in tokens.items():
        with open(directory / f"{role.name}.token", "w", opener=owner_only) as file:
            file.write(token)
    return tokens


def _explain(url: str, directory: Path, tokens: dict[Role, str]) -> None:
    group = quote(json.dumps({"id": str(CLASSROOM)}))
    click.echo(f"\nOpen {url} and run the query there: anyone may see all of group {SHOWCASE}.")
    click.echo(f"\nGroup {CLASSROOM} is private. To query it, paste:\n\n  {_QUERY}")
    click.echo(
        "\nThe links below open the page as different users; their tokens are also in "
        f"{directory}/*.token."
    )
    click.echo(f"\nWithout a token, the query is refused:\n{url}#variables={group}&token=")
    for role, token in tokens.items():
        click.echo(f"\n{role.sees}:\n{url}#variables={group}&token={token}")
    click.echo("\nPress Ctrl-C to stop. The next demo makes new tokens.\n")
