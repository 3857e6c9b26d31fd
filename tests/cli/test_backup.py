"""``stats-gateway db backup``: one state of a SQLite database, while others write."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.db import sqlite_backup
from gateway.db.sqlite_backup import back_up


def backup(database: Path | str, file: Path) -> Result:
    url = database if isinstance(database, str) else f"sqlite:///{database}"
    return CliRunner().invoke(main, ["db", "backup", str(file), "--database-url", url])


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Path:
    """A database of some pages whose two tables always have the same number of rows."""
    file = tmp_path / "stats.db"
    file.write_bytes(sqlite_template.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE one AS SELECT randomblob(2000) AS content")
        for _ in range(9):
            connection.execute("INSERT INTO one SELECT randomblob(2000) FROM one")
        connection.execute("CREATE TABLE two AS SELECT * FROM one")
        connection.commit()
    return file


def counts(file: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        one, two = (
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("one", "two")
        )
        return one, two


def test_a_copy_is_one_state_while_another_writes(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_backup, "_PAGES", 20)
    written = threading.Semaphore(0)
    steps: list[int] = []
    ended = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            while not ended.is_set():
                connection.execute("INSERT INTO one VALUES (randomblob(2000))")
                connection.execute("INSERT INTO two VALUES (randomblob(2000))")
                connection.commit()
                written.release()

    def copied(done: int, _: int) -> None:
        # A commit between each two steps: without a snapshot the copy would never end.
        written.acquire()
        steps.append(done)

    before = counts(database)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        back_up(str(database), tmp_path / "copy.db", copied)
    finally:
        ended.set()
        writer.join()
    one, two = counts(tmp_path / "copy.db")
    assert one == two
    assert before[0] <= one < counts(database)[0]
    assert len(steps) > 10
    assert steps == sorted(steps)


def test_the_command_says_what_it_copied_and_overwrites_nothing(
    database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "copy.db"
    result = backup(database, file)
    assert result.exit_code == 0
    assert result.stdout == f"Copied {database} to {file} ({file.stat().st_size:,} bytes).\n"
    assert file.stat().st_mode & 0o777 == 0o600
    whole = file.read_bytes()

    again = backup(database, file)
    assert again.exit_code == 1
    assert again.stderr == f"Error: {file} exists, and nothing is overwritten: name another.\n"
    assert file.read_bytes() == whole
    # A log that is left of another database would be taken for that of the copy.
    (tmp_path / "new.db-wal").touch()
    assert "new.db-wal exists" in backup(database, tmp_path / "new.db").stderr
    assert backup(database, database).exit_code == 1
    verified = CliRunner().invoke(main, ["verify", "--database-url", f"sqlite:///{file}"])
    assert verified.exit_code == 0, verified.output


def test_what_stops_it_leaves_no_file(database: Path, tmp_path: Path) -> None:
    def stop(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(str(database), tmp_path / "copies.db", stop)
    assert [one.name for one in tmp_path.iterdir() if "copies" in one.name] == []


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("postgresql://u:hunter2@h/d", 2, "use pg_dump for a database of PostgreSQL"),
        ("sqlite:////nowhere/stats.db", 2, "There is no database at /nowhere/stats.db"),
    ],
)
def test_what_cannot_be_copied_is_one_sentence(
    url: str, status: int, said: str, tmp_path: Path
) -> None:
    result = backup(url, tmp_path / "copy.db")
    assert result.exit_code == status
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.stderr


def test_a_file_that_is_no_database_and_a_folder_that_is_not_there_are_told(
    database: Path, tmp_path: Path
) -> None:
    other = tmp_path / "text.db"
    other.write_text("no database" * 1000)
    assert "(DATABASE_FOREIGN)" in backup(other, tmp_path / "copy.db").stderr
    result = backup(database, tmp_path / "missing" / "copy.db")
    assert result.exit_code == 1
    assert "cannot be written (No such file or directory)" in result.stderr
