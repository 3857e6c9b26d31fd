"""``stats-gateway demo classify``: send generated classifications of a role to the demo."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import httpx
import orjson

from gateway.cli.demo_roles import MEMBER, ROLES, Role
from gateway.cli.keys import Duration
from gateway.cli.running import CommandFailed
from gateway.cli.whole_number import WholeNumber
from gateway.private_file import written_whole
from gateway.reasons import reason_of

_FILE = "stream.json"
#: A workflow of the demo's first project, in which the work is made up.
_PROJECT_ID, _WORKFLOW_ID = 1, 2030
_TIMEOUT_SECONDS = 30
_ROLES = {role.name: role for role in ROLES}


class Stream(NamedTuple):
    """Event stream of the demo: its URL and credentials."""

    url: str
    username: str
    password: str


def write_stream(directory: Path, endpoint: str) -> Stream:
    """Create credentials of the stream, and store them in a file that only its owner may read."""
    url = endpoint.removesuffix("/graphql") + "/kinesis"
    stream = Stream(url, "demo", secrets.token_urlsafe(24))
    with written_whole(directory / _FILE) as file:
        file.write(orjson.dumps(stream._asdict()))
    return stream


@click.command()
@click.option(
    "--as",
    "role_name",
    type=click.Choice([*_ROLES]),
    default=MEMBER.name,
    show_default=True,
    help="Whose work it is.",
)
@click.option(
    "--every",
    type=Duration(),
    default="2s",
    show_default=True,
    help="How long to wait between two classifications.",
)
@click.option(
    "--count",
    "number",
    metavar="N",
    type=WholeNumber(1, 1_000_000),
    help="Stop after N classifications. Default: stop with Ctrl-C.",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=".demo",
    show_default=True,
    help="The directory of the demo that is running.",
)
def classify(role_name: str, every: timedelta, number: int | None, directory: Path) -> None:
    """Send made-up classifications of a role to the demo.

    They count to the groups of which the role is a member when they are made.
    """
    stream = _read_stream(directory)
    role, sent = _ROLES[role_name], 0
    try:
        # The demo is on this machine: no proxy leads there.
        with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
            for event in _made_up(role, number, every, time.sleep):
                _send(client, stream, event)
                sent += 1
                click.echo(f"Sent classification {sent:,} of {role.name}, user {role.user_id}.")
    except KeyboardInterrupt:
        click.echo(f"\nStopped after {sent:,} classification{'' if sent == 1 else 's'}.")


def _read_stream(directory: Path) -> Stream:
    file = directory / _FILE
    try:
        return Stream(**orjson.loads(file.read_bytes()))
    except OSError as error:
        raise CommandFailed(
            f"{file} cannot be read: {reason_of(error)}. Start the demo with make demo."
        ) from None
    except (orjson.JSONDecodeError, TypeError):
        raise CommandFailed(f"{file} is not what a demo has written.") from None


def _made_up(
    role: Role, number: int | None, every: timedelta, wait: Callable[[float], object]
) -> Iterator[dict[str, Any]]:
    """Generate events, each when the one before was sent and the wait is over."""
    made = 0
    while number is None or made < number:
        if made:
            wait(every.total_seconds())
        made += 1
        yield _classification(role, datetime.now(UTC))


def _classification(role: Role, now: datetime) -> dict[str, Any]:
    took = timedelta(seconds=random.randint(5, 60))  # noqa: S311 - no secret
    return {
        "source": "panoptes",
        "type": "classification",
        "data": {
            # No two events are of one microsecond, and real ids are far below.
            "id": str(int(now.timestamp() * 1_000_000)),
            "created_at": now.isoformat(timespec="microseconds"),
            "metadata": {
                "started_at": (now - took).isoformat(),
                "finished_at": now.isoformat(),
                "user_group_ids": [],
            },
            "links": {
                "project": str(_PROJECT_ID),
                "workflow": str(_WORKFLOW_ID),
                "user": str(role.user_id),
            },
        },
    }


def _send(client: httpx.Client, stream: Stream, event: dict[str, Any]) -> None:
    try:
        answer = client.post(
            stream.url, json={"payload": [event]}, auth=(stream.username, stream.password)
        )
    except httpx.HTTPError as error:
        raise CommandFailed(
            f"The demo does not answer at {stream.url}: {reason_of(error)}. Is it running?"
        ) from None
    if answer.status_code == httpx.codes.NO_CONTENT:
        return
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise CommandFailed(f"What runs at {stream.url} is another demo, with another --directory.")
    raise CommandFailed(f"The demo answered {answer.status_code}: nothing was counted.")
