"""``stats-gateway demo``: import real exports, create groups of their volunteers, and serve."""

from __future__ import annotations

import gc
import os
import secrets
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import click

from gateway.auth.keys import read_private_key, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.cli.demo_groups import CLASSROOM, SHOWCASE, make_groups
from gateway.cli.demo_roles import ADMIN, MEMBER, ROLES, SITE_ADMIN
from gateway.cli.demo_stream import classify, write_stream
from gateway.cli.import_summary import Summary
from gateway.cli.importing import import_files
from gateway.cli.page_build import page_build
from gateway.cli.running import run
from gateway.cli.serving import endpoint_url, free_port, serve_here
from gateway.cli.whole_number import WholeNumber
from gateway.events.exports import Origin
from gateway.http.loopback_host import is_loopback
from gateway.private_file import owner_only
from gateway.settings import PREFIX, load_settings
from gateway.web.roles import RoleToken

__all__ = ["ADMIN", "MEMBER", "ROLES", "SITE_ADMIN", "demo"]

#: The exports in the package: file, project id and name of the project.
EXPORTS = (
    ("wildlife-watch-kenya.csv.gz", 1, "Wildlife Watch Kenya"),
    ("cat-project.csv.gz", 2, "Cat Project"),
    ("wildcam-gorongosa.csv.gz", 3, "WildCam Gorongosa"),
)
_NAME = "stats-gateway"
_OWN_HOST = "127.0.0.1"
_TOKENS_LAST = timedelta(days=7)
_QUERY = (
    "{ userGroup(id: 1) { displayName classifications { totalCount timeSpent activeUsers"
    " buckets(period: MONTH) { startsOn count } topContributors(first: 5)"
    " { user { displayName } count } } } }"
)


@click.group(invoke_without_command=True)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=".demo",
    show_default=True,
    help="Where to store the database, the keys and the tokens. An earlier demo there is replaced.",
)
@click.option("--host", default=_OWN_HOST, show_default=True, help="Address to listen on.")
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

    Creates two groups with goals: only members see the totals of group 1; anyone sees everything of
    group 2.
    Prints an address for each role to sign in at, and a link to join group 1. New work is made up
    by `stats-gateway demo classify`.
    """
    if context.invoked_subcommand is not None:
        return
    # First: if a demo is still running, this one fails before it replaces the files.
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
            import_files(
                load_settings(database_url=url),
                [(str(path), Origin(project_id, name))],
                directory / f"{file}.rejects.csv",
                Summary(),
            )
    endpoint = endpoint_url(host, port)
    root = endpoint.removesuffix("/graphql")
    stream = write_stream(directory, endpoint)
    os.environ |= {
        PREFIX + "JWT_PUBLIC_KEY_FILE": str(keys.public),
        PREFIX + "STREAM_USERNAME": stream.username,
        PREFIX + "STREAM_PASSWORD": stream.password,
        PREFIX + "GROUPS": "own",
        PREFIX + "GROUP_PAGE_URL": f"{root}/groups/{{id}}",
    }
    settings = load_settings(database_url=url)
    names = {project_id: name for _, project_id, name in EXPORTS}
    join_token = run(make_groups(settings, names))
    roles = _write_tokens(directory, read_private_key(keys.private), settings.jwt_issuer)
    # At another address anyone on the network could take any role.
    roles = roles if host == _OWN_HOST else []
    _explain(root, directory, roles, join_token)
    settings = load_settings(
        host=host,
        port=port,
        workers=1,
        database_url=url,
        # On a loopback address, only loopback names are valid Host headers.
        loopback_hosts_only=is_loopback(host) or None,
    )
    serve_here(settings, page_build() if settings.pages else None, roles=roles)
    # The server freezes loaded objects; DuckDB, here from the imports, warns of objects that are
    # never collected.
    gc.unfreeze()


def _write_tokens(directory: Path, private_key: bytes, issuer: str) -> list[RoleToken]:
    """Make a token for each role, and write it to ``<role>.token`` for commands to read."""
    expires = datetime.now(UTC) + _TOKENS_LAST
    made = []
    for role in ROLES:
        token = issue_token(
            private_key,
            role.user_id,
            None,
            None,
            role.is_site_admin,
            expires,
            issuer,
            rng=secrets.token_hex(8),
        )
        with open(directory / f"{role.name}.token", "w", opener=owner_only) as file:
            file.write(token)
        made.append(RoleToken(role.name, role.sees, token))
    return made


def _explain(root: str, directory: Path, roles: Sequence[RoleToken], join_token: str) -> None:
    """Print the addresses of the demo, short enough to type; tokens stay in their files."""
    click.echo(
        f"\nOpen {root}/ for charts of three projects, and {root}/groups/{SHOWCASE} for those of a "
        f"group.\nGroup {CLASSROOM} is private: what one sees of it depends on who one is."
    )
    if roles:
        click.echo("\nTo look as somebody, open")
        longest = max(len(role.name) for role in roles)
        for role in roles:
            click.echo(f"  {root}/demo/{role.name:<{longest}}  {role.sees}")
        click.echo(f"\nThe same at the GraphQL endpoint: {root}/graphql#role={roles[0].name}")
    else:
        click.echo(f"\nTo look as somebody, sign in with one of the tokens in {directory}.")
    click.echo(f"A query to paste there:\n\n  {_QUERY}")
    click.echo(
        f"\nWhoever opens this link can join group {CLASSROOM}; the site admin is no member yet:"
    )
    click.echo(f"  {root}/groups/{CLASSROOM}#join_token={join_token}")
    click.echo(
        f"\nTo see new work being counted, run beside the demo: {_command()} demo classify --as "
        f"{MEMBER.name} --directory {shlex.quote(str(directory))}"
    )
    click.echo(
        f"\nTokens for commands are in {directory}/*.token; the next demo makes new ones. "
        "Press Ctrl-C to stop.\n"
    )


def _command() -> str:
    """The command as it was called: in a clone it is not on the PATH."""
    called = sys.argv[0]
    return shlex.quote(called) if Path(called).name == _NAME else _NAME


demo.add_command(classify)
