"""Files of all formats that overlap: copies, changes, damage, names; the same for a seed."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

_USERS = (*range(1, 12), None)
_TABLE = (
    "classification_id,event_time,classification_updated_at,started_at,finished_at,project_id,"
    "workflow_id,user_id,user_group_ids,session_time"
)


class Files:
    """Makes files in a folder; ids and times of them meet."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)

    def all(self) -> list[Path]:
        """One of each format, in an order of chance; some twice."""
        files = [
            self._stream(),
            self._table_in_csv(),
            self._table_in_parquet("exact", exact=True),
            self._table_in_parquet("texts", exact=False),
            self._comments_in_parquet(),
            self._export(),
            self._talk(),
        ]
        files += self._chance.sample(files, 2)
        self._chance.shuffle(files)
        return files

    def _id(self) -> int:
        return self._chance.randint(1, 60)

    def _time(self) -> str:
        chance = self._chance
        return (
            f"20{chance.randint(18, 20)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            f"T10:{chance.randint(0, 59):02}:00Z"
        )

    def _groups(self) -> list[int]:
        return self._chance.choices(range(1, 6), k=self._chance.randint(0, 3))

    def _workflow(self) -> int:
        return self._chance.choice([600, 601, 602, 603])

    def _stream(self) -> Path:
        path = self._folder / "events.ndjson.gz"
        lines = [*map(json.dumps, self._events(40)), '{"source": "panoptes", "type": "x"}', "{"]
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return path

    def _events(self, number: int) -> Iterator[dict[str, Any]]:
        chance = self._chance
        for _ in range(number):
            user, at = chance.choice(_USERS), self._time()
            data: dict[str, Any] = {"id": self._id(), "created_at": at}
            if chance.random() < 0.6:
                data["updated_at"] = self._time()
            linked = {"users": [{"id": user, "login": f"login {chance.randint(1, 3)}"}]}
            if chance.random() < 0.2:
                data |= {"user_id": user, "project_id": chance.choice([1, 2, None])}
                yield {"source": "talk", "type": "comment", "data": data}
                continue
            data["metadata"] = {
                "started_at": at,
                "finished_at": at.replace(":00Z", f":{chance.randint(0, 59):02}Z"),
                "user_group_ids": self._groups(),
            }
            project = chance.choice([1, 2, None])
            data["links"] = {"user": user, "project": project, "workflow": self._workflow()}
            if chance.random() < 0.1:
                del data["created_at"]
            if project:
                name = f"Project {chance.randint(1, 3)}"
                linked["projects"] = [{"id": project, "display_name": name}]
            yield {"source": "panoptes", "type": "classification", "data": data, "linked": linked}

    def _rows(self, number: int) -> Iterator[tuple[Any, ...]]:
        chance = self._chance
        for _ in range(number):
            at = self._time()
            yield (
                self._id(),
                at,
                chance.choice([None, self._time()]),
                at,
                at.replace(":00Z", f":{chance.randint(0, 59):02}Z"),
                chance.choice([1, 2, None]),
                self._workflow(),
                chance.choice(_USERS),
                self._groups(),
                1.5,
            )

    def _table_in_csv(self) -> Path:
        path = self._folder / "classifications.csv"
        lines = [_TABLE]
        for *cells, groups, seconds in self._rows(30):
            shown = ["" if cell is None else str(cell) for cell in cells]
            lines.append(",".join([*shown, f'"{groups}"', str(seconds)]))
        lines.append("7,never,,,,1,600,1,[],1")
        path.write_text("\n".join(lines))
        return path

    def _table_in_parquet(self, name: str, *, exact: bool) -> Path:
        path = self._folder / f"{name}.parquet"
        rows = list(self._rows(30))
        # Rows that cannot be counted, and one that needs a second look.
        rows += [(-5, *rows[0][1:]), (*rows[1][:8], [3, 0, 3], 1.5), rows[2]]
        kind = "TIMESTAMP" if exact else "VARCHAR"
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TABLE events (classification_id BIGINT,"
                f" event_time {kind}, classification_updated_at {kind}, started_at {kind},"
                f" finished_at {kind}, project_id INTEGER, workflow_id BIGINT, user_id BIGINT,"
                " user_group_ids BIGINT[], session_time DOUBLE)"
            )
            connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * 10)})", rows)
            connection.execute(f"COPY events TO '{path}' (FORMAT parquet)")
        return path

    def _comments_in_parquet(self) -> Path:
        path = self._folder / "comments.parquet"
        rows = [
            (self._id(), self._time(), self._chance.choice([1, 2]), self._chance.choice(_USERS))
            for _ in range(20)
        ]
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TABLE posts (comment_id BIGINT, event_time TIMESTAMP, project_id BIGINT,"
                " user_id BIGINT)"
            )
            connection.executemany("INSERT INTO posts VALUES (?, ?, ?, ?)", rows)
            connection.execute(f"COPY posts TO '{path}' (FORMAT parquet)")
        return path

    def _export(self) -> Path:
        path, chance = self._folder / "export.csv", self._chance
        lines = [
            "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata"
        ]
        for _ in range(30):
            user, groups = chance.choice(_USERS), self._groups()
            shown = "" if user is None else user
            lines.append(
                f"{self._id()},{shown},ada {chance.randint(1, 3)},{self._workflow()},"
                f'Count {chance.randint(1, 3)},{self._time()},"{{""user_group_ids"": {groups}}}"'
            )
        lines.append('8,1,ada,600,Count,2020-01-01 00:00:00 UTC,"{""cut')
        path.write_text("\n".join(lines))
        return path

    def _talk(self) -> Path:
        path = self._folder / "project-2-comments_2024-01-01.json"
        rows = [
            {
                "comment_id": self._id(),
                "comment_user_id": self._chance.randint(1, 9),
                "comment_user_login": f"talker {self._chance.randint(1, 3)}",
                "comment_created_at": self._time(),
            }
            for _ in range(15)
        ]
        path.write_text(json.dumps(rows))
        return path
