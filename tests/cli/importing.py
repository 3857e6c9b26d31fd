"""A directory to import in, and what is stored then, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import Table, select
from sqlalchemy.exc import DBAPIError

from gateway.cli import main
from gateway.db import open_database, tables

HEADER = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"


class Site:
    """A database, and files that are made as they are named."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder

    def run(self, *words: object) -> Result:
        result = CliRunner().invoke(main, [*map(str, words), "--database-url", self.url])
        assert result.exit_code == 0, result.output
        return result

    def export(self, *rows: str, options: Sequence[object] = ()) -> str:
        """Import an export with these rows, all but the metadata."""
        path = self._folder / "export.csv"
        path.write_text(HEADER + "".join(f"{row},{{}}\n" for row in rows))
        return self.run("import", path, *options).stdout

    def stream(self, *events: dict[str, Any]) -> str:
        path = self._folder / "events.ndjson"
        path.write_text("\n".join(map(json.dumps, events)))
        return self.run("import", path).stdout

    def table(self, name: str, text: str, *options: object) -> str:
        path = self._folder / name
        path.write_text(text)
        return self.run("import", path, *options).stdout

    def talk(self, *comments: tuple[int, str, str], project: int = 88, move: bool = False) -> str:
        """Import Talk's comments of a project: each an id, a login of user 5 and a day."""
        rows = [
            {
                "comment_id": comment_id,
                "comment_user_id": 5,
                "comment_user_login": login,
                "comment_created_at": f"{day}T10:00:00.000Z",
            }
            for comment_id, login, day in comments
        ]
        path = self._folder / f"project-{project}-comments_2024-01-01.json"
        path.write_text(json.dumps(rows))
        return self.run("import", path, *["--move"] * move).stdout

    def directory(self, **lists: Any) -> None:
        path = self._folder / "directory.json"
        path.write_text(json.dumps(lists))
        self.run("directory", "load", path)

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        statement = select(*(table.c[name] for name in columns)).order_by(table.c[columns[0]])

        async def read() -> list[tuple[Any, ...]]:
            async with open_database(self.url) as database, database.read() as snapshot:
                return [tuple(row) for row in await snapshot.fetch(statement)]

        return asyncio.run(read())

    def is_filled(self) -> bool:
        """Whether there are tables, and an event in them."""
        try:
            return bool(self.rows(tables.classification, "id"))
        except DBAPIError:
            return False

    def logins(self) -> list[tuple[Any, ...]]:
        return self.rows(tables.user, "id", "login")

    def workflows(self) -> list[tuple[Any, ...]]:
        return self.rows(tables.workflow, "id", "project_id", "display_name")

    def projects_of_events(self) -> list[tuple[Any, ...]]:
        return self.rows(tables.classification, "id", "project_id")


def classified(event_id: int, day: str, **said: Any) -> dict[str, Any]:
    """A stream event of a day; ``links``, ``linked`` and the rest are named as in the event."""
    linked = said.pop("linked", {})
    links = {"user": 5, "project": 88, "workflow": 600} | said.pop("links", {})
    data = {"id": event_id, "created_at": f"{day}T12:00:00Z", "metadata": {}, "links": links}
    return {
        "source": "panoptes",
        "type": "classification",
        "data": data | said,
        "linked": linked,
    }
