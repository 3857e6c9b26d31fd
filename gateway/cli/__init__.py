"""The ``stats-gateway`` command: one module for each topic, imported when its command is used."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, cast

import click

from gateway.cli.stopping import stopped_by_sigterm

#: Each command and its function, in the order of ``--help``.
COMMANDS = {
    "serve": "gateway.cli.serving:serve",
    "import": "gateway.cli.importing:import_command",
    "explore": "gateway.cli.explore:explore",
    "verify": "gateway.cli.maintenance:verify_command",
    "rebuild": "gateway.cli.maintenance:rebuild_command",
    "db": "gateway.cli.database:db",
    "directory": "gateway.cli.directory:directory",
    "sync": "gateway.cli.sync:sync",
    "groups": "gateway.cli.groups:groups",
    "users": "gateway.cli.users:users",
    "keys": "gateway.cli.keys:keys",
    "token": "gateway.cli.keys:token",
    "apikey": "gateway.cli.apikey:apikey",
    "schema": "gateway.cli.schema:schema",
    "demo": "gateway.cli.demo:demo",
}


class Commands(click.Group):
    """Command group with lazy imports, so that each command starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the command; warns of environment variables that look like settings."""
        name, command, rest = super().resolve_command(ctx, args)
        # A server logs the warnings.
        if name != "serve":
            from gateway.settings import unknown_settings

            for sentence in unknown_settings(os.environ):
                click.echo(f"Warning: {sentence}", err=True)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        with stopped_by_sigterm():
            # Imported here, with SIGTERM handled already: the import takes long.
            from gateway.cli.running import errors_for_people

            with errors_for_people():
                return super().invoke(ctx)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Commands read their settings from STATS_GATEWAY_* environment variables; an option "
    "overrides its variable. Commands that use the database upgrade its tables, and may run beside "
    "a server. Only import, explore, serve, demo, db upgrade, directory load and sync panoptes "
    "create a SQLite file that does not exist.",
)
@click.version_option(None, "-V", "--version", package_name="stats-gateway")
def main() -> None:
    """Exact classification statistics for citizen science, over GraphQL.

    Start with a classification export: `stats-gateway explore FILE` shows its charts. To keep it,
    `stats-gateway import FILE`, then `stats-gateway serve`.
    """
