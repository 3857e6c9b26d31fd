"""``stats-gateway import``, run in a directory of its own, and what it stores there."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from click.testing import Result

import gateway

DEMO = Path(gateway.__file__).parent / "demo"
KENYA = DEMO / "wildlife-watch-kenya.csv.gz"
HEADER = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"
ROW = "1,5,ada,7,Count,2020-01-01 00:00:00 UTC,{}\n"
#: The last line.
LOOK = (
    "While stats-gateway serve runs with this database, look at it at http://127.0.0.1:8000/graphql"
)
Import = Callable[..., Result]


def dump(path: str = "stats.db") -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for the log, which counts transactions, and the secret.

    Of ingestion the time of the latest event alone: the rest is when it was stored.
    """
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if name not in ("change_log", "alembic_version", "instance_secret", "ingestion")
        ]
        rows = {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables
        }
        return rows | {
            "ingestion": connection.execute("SELECT last_event_at FROM ingestion").fetchall()
        }


def stored(path: str = "stats.db") -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT count(*) FROM classification").fetchone()[0]
        return count


def stream(events: int) -> Iterator[str]:
    """Classifications with changing users, groups and sessions, always the same."""
    chance = random.Random(7)
    for number in range(1, events + 1):
        start = f"2020-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T10:00:00Z"
        finish = start.replace("00:00Z", f"00:{chance.randint(0, 59):02}.5Z")
        groups = chance.sample(range(1, 9), 2)
        yield json.dumps(
            {
                "source": "panoptes",
                "type": "classification",
                "data": {
                    "id": number,
                    "created_at": start,
                    "metadata": {
                        "started_at": start,
                        "finished_at": finish,
                        "user_group_ids": groups,
                    },
                    "links": {"user": chance.randint(1, 50), "project": 3, "workflow": 4},
                },
            }
        )


def process(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from gateway.cli import main; main()", "import", *arguments]
    return subprocess.Popen(command, **options)  # type: ignore[call-overload,no-any-return]
