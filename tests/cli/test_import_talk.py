"""Talk's comments, imported."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

from sqlalchemy import select

from gateway.db import open_database, tables
from tests.cli.import_command import Import, dump, process


async def test_the_comments_of_talk_go_into_both_databases(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "project-593-comments_2016-06-15.tar.gz"
    rows = [
        {
            "board_id": 7,
            "comment_id": number,
            "comment_user_id": 1002,
            "comment_user_login": "ada",
            "comment_created_at": "2015-06-01T12:00:00.250Z",
        }
        for number in (1, 2, None)
    ]
    content = json.dumps(rows).encode()
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("project-593-comments_2016-06-15.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    for outcome in ("stored    2\n", "unchanged 2\n"):
        running = process(
            str(path), "--database-url", database_url, stdout=subprocess.PIPE, cwd=tmp_path
        )
        output, _ = running.communicate(timeout=120)
        assert running.returncode == 0
        assert outcome in output.decode()
        assert "ignored   1\n" in output.decode()
        assert "1 are boards or discussions without comments." in output.decode()
    async with open_database(database_url) as database, database.read() as snapshot:
        query = select(tables.comment.c.id, tables.comment.c.user_id, tables.comment.c.project_id)
        found = await snapshot.fetch(query)
    assert sorted(map(tuple, found)) == [(1, 1002, 593), (2, 1002, 593)]


def test_the_stream_and_an_export_of_talk_count_a_comment_once(store: Import) -> None:
    event = {
        "source": "talk",
        "type": "comment",
        "data": {
            "id": 5,
            "created_at": "2015-06-01T12:00:00.250Z",
            "project_id": 593,
            "user_id": "1002",
        },
    }
    Path("events.ndjson").write_text(json.dumps(event))
    row = {
        "comment_id": 5,
        "comment_user_id": 1002,
        "comment_created_at": "2015-06-01T12:00:00.250Z",
    }
    Path("project-593-comments_2016-06-15.json").write_text(json.dumps([row]))
    result = store("events.ndjson", "project-593-comments_2016-06-15.json")
    assert "stored    1\nunchanged 1\n" in result.stdout


def test_an_export_of_talk_says_logins_as_of_its_newest_row(store: Import) -> None:
    def rows(login: str, day: str) -> str:
        return json.dumps(
            [
                {
                    "comment_id": int(day[:4]),
                    "comment_user_id": 1002,
                    "comment_user_login": login,
                    "comment_created_at": f"{day}T12:00:00Z",
                }
            ]
        )

    Path("project-593-comments_new.json").write_text(rows("new", "2024-01-01"))
    Path("project-593-comments_old.json").write_text(rows("old", "2019-01-01"))
    result = store("project-593-comments_new.json", "project-593-comments_old.json")
    assert "stored    2\n" in result.stdout
    assert [row[:2] for row in dump()["user_account"]] == [(1002, "new")]
