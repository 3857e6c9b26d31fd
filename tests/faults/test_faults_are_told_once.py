"""A database that is damaged, full, read-only or gone: one sentence, and no traceback."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, text

from gateway.auth.keys import KeyPair
from gateway.db import open_database
from gateway.directory.load import load_directory
from tests.faults.conftest import OwnPostgres, Site, prepare
from tests.faults.stream import CREDENTIALS, in_batches, make_events
from tests.server import Server, run_command

QUERY = {"query": "{ classifications { totalCount } }"}
COMMANDS = {
    "verify": ["verify"],
    "rebuild": ["rebuild"],
    "db upgrade": ["db", "upgrade"],
    "import": ["import", "events.ndjson"],
    "directory load": ["directory", "load", "directory.json"],
    "groups backfill": ["groups", "backfill", "--group", "501", "--user", "7"],
    "users forget": ["users", "forget", "7"],
    "apikey create": ["apikey", "create", "--name", "k", "--scope", "stats:read"],
    "apikey list": ["apikey", "list"],
    "serve": ["serve", "--port", "0"],
}
WRITING = ("import", "directory load", "groups backfill", "users forget", "apikey create")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("Only root may mount a small disk to fill.")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write to the file until nothing more fits on its disk."""
    file.write_bytes(b"x" * shutil.disk_usage(file.parent).free)
    assert shutil.disk_usage(file.parent).free == 0


def site_at(folder: Path, database: Path, keys: KeyPair) -> Site:
    url = f"sqlite:///{database}"
    asyncio.run(prepare_with_member(url))
    return Site(folder, url, keys)


async def prepare_with_member(url: str) -> None:
    member = {"user_id": 7, "user_group_id": 501, "state": "active", "roles": ["group_member"]}
    await prepare(url)
    async with open_database(url) as database:
        await database.write(lambda c: load_directory(c, {"memberships": [member]}))


def send(server: Server, number: int) -> int:
    """Send a batch of its own; the status."""
    (batch,) = in_batches(make_events(random.Random(number), 200), 200)
    return httpx.post(
        server.url.replace("/graphql", "/kinesis"),
        json={"payload": [{**event, "data": {**event["data"], "id": str(number * 1000 + i)}}
                          for i, event in enumerate(batch)]},
        auth=CREDENTIALS,
        timeout=60,
    ).status_code  # fmt: skip


def ready(server: Server, query: str = "") -> tuple[int, str]:
    response = httpx.get(server.url.replace("/graphql", f"/readyz{query}"), timeout=30)
    return response.status_code, response.json().get("reason", "")


def code_of_answer(server: Server) -> str:
    errors = httpx.post(server.url, json=QUERY, timeout=30).json().get("errors")
    code: str = errors[0]["extensions"]["code"] if errors else "none"
    return code


def check_log(server: Server, code: str, times: int = 1) -> None:
    """The fault was told so often, and nothing was told by a traceback."""
    log = server.log.read_text()
    assert log.count(f"({code})") == times, log
    assert "Traceback" not in log
    assert "never retrieved" not in log


def test_a_disk_that_fills_up_is_told_once_and_goes_on_when_there_is_space(
    small_disk: Path, tmp_path: Path, keys: KeyPair
) -> None:
    site = site_at(tmp_path, small_disk / "stats.db", keys)
    filler = small_disk / "filler"
    with site.gateway() as server:
        assert send(server, 1) == 204
        assert ready(server, "?for=writes") == (200, "")
        fill(filler)
        assert {send(server, number) for number in range(2, 6)} == {503}
        assert ready(server) == (200, "")
        assert code_of_answer(server) == "none"
        assert ready(server, "?for=writes") == (
            503,
            "The database cannot be written (DATABASE_FULL).",
        )
        check_log(server, "DATABASE_FULL")
        filler.unlink()
        assert ready(server, "?for=writes") == (200, "")
        assert send(server, 6) == 204
        assert server.log.read_text().count("works again after DATABASE_FULL") == 1
        check_log(server, "DATABASE_FULL")


def test_a_file_that_vanishes_is_told_once_and_is_not_made_anew(
    tmp_path: Path, keys: KeyPair
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    site = site_at(tmp_path, folder / "stats.db", keys)
    with site.gateway() as server:
        assert send(server, 1) == 204
        assert ready(server, "?for=writes") == (200, "")
        folder.rename(tmp_path / "moved")
        assert {send(server, number) for number in range(2, 4)} == {503}
        assert {code_of_answer(server) for _ in range(3)} == {"UNAVAILABLE"}
        assert ready(server)[0] == 503
        assert ready(server, "?for=writes")[0] == 503
        # Once for reading, and once for writing.
        check_log(server, "DATABASE_MISSING", times=2)
        assert not folder.exists()
        (tmp_path / "moved").rename(folder)
        assert send(server, 5) == 204
        assert code_of_answer(server) == "none"
        assert ready(server, "?for=writes") == (200, "")


def test_a_server_that_goes_away_and_comes_back_is_told_once_each(
    own_postgres: OwnPostgres, tmp_path: Path, keys: KeyPair
) -> None:
    asyncio.run(prepare(own_postgres.url))
    with Site(tmp_path, own_postgres.url, keys).gateway() as server:
        assert code_of_answer(server) == "none"
        own_postgres.crash()
        assert {code_of_answer(server) for _ in range(3)} == {"UNAVAILABLE"}
        assert ready(server)[0] == 503
        assert server.log.read_text().count("Reading the database failed: ") == 1
        own_postgres.start()
        server.wait_until_ready()
        assert code_of_answer(server) == "none"
        check_log(server, "DATABASE_AWAY")
        again = "Reading the database works again after DATABASE_AWAY."
        assert server.log.read_text().count(again) == 1


def test_a_file_that_is_damaged_under_a_server_is_told_once(tmp_path: Path, keys: KeyPair) -> None:
    file = tmp_path / "stats.db"
    site = site_at(tmp_path, file, keys)
    with site.gateway() as server:
        assert send(server, 1) == 204
        damaged = tmp_path / "damaged.db"
        shutil.copy(file, damaged)
        damage(damaged)
        for journal in ("stats.db-wal", "stats.db-shm"):
            (tmp_path / journal).unlink()
        damaged.replace(file)
        assert {code_of_answer(server) for _ in range(3)} == {"UNAVAILABLE"}
        assert {send(server, number) for number in range(2, 4)} == {503}
        assert server.log.read_text().count("(DATABASE_DAMAGED)") in (1, 2)
        assert "Traceback" not in server.log.read_text()


def damage(file: Path) -> None:
    """Overwrite all pages but the first."""
    with file.open("r+b") as pages:
        size = os.fstat(pages.fileno()).st_size
        pages.seek(4096)
        pages.write(b"\xff" * max(size - 4096, 4096))


def write_inputs(folder: Path) -> None:
    events = make_events(random.Random(1), 20)
    (folder / "events.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / "directory.json").write_text('{"user_groups": [{"id": 501, "name": "x"}]}')


def one_sentence(site: Site, name: str, code: str, **settings: str) -> None:
    """The command ends with one sentence that names the database and the code."""
    folder = site._folder
    write_inputs(folder)
    done = run_command(COMMANDS[name], site.environment | settings, folder)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1, done.stderr
    assert last.startswith(f"Error: The database {site.shown}"), done.stderr
    assert last.endswith(f"({code})."), done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_a_damaged_file_is_one_sentence(
    name: str, tmp_path: Path, keys: KeyPair
) -> None:
    file = tmp_path / "stats.db"
    site = site_at(tmp_path, file, keys)
    damage(file)
    one_sentence(site, name, "DATABASE_DAMAGED")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_what_is_no_database_is_one_sentence(
    name: str, tmp_path: Path, keys: KeyPair
) -> None:
    (tmp_path / "export.csv").write_text("classification_id,user_name\n" * 100)
    site = Site(tmp_path, f"sqlite:///{tmp_path}/export.csv", keys)
    one_sentence(site, name, "DATABASE_FOREIGN")


@pytest.mark.parametrize("name", ["verify", "rebuild", "db upgrade", "import"])
def test_a_command_on_a_file_that_stays_locked_is_one_sentence(
    name: str, tmp_path: Path, keys: KeyPair
) -> None:
    file = tmp_path / "stats.db"
    site = site_at(tmp_path, file, keys)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        one_sentence(site, name, "DATABASE_BUSY", STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS="1")


@pytest.mark.parametrize("name", WRITING)
def test_a_command_that_writes_on_a_read_only_disk_is_one_sentence(
    name: str, small_disk: Path, tmp_path: Path, keys: KeyPair
) -> None:
    site = site_at(tmp_path, small_disk / "stats.db", keys)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    one_sentence(site, name, "DATABASE_READ_ONLY")


def test_an_import_that_fills_the_disk_is_one_sentence(
    small_disk: Path, tmp_path: Path, keys: KeyPair
) -> None:
    site = site_at(tmp_path, small_disk / "stats.db", keys)
    fill(small_disk / "filler")
    one_sentence(site, "import", "DATABASE_FULL")


def test_rejects_that_cannot_be_written_are_one_sentence(tmp_path: Path, keys: KeyPair) -> None:
    site = site_at(tmp_path, tmp_path / "stats.db", keys)
    write_inputs(tmp_path)
    with (tmp_path / "events.ndjson").open("a") as events:
        events.write('{"source": "panoptes", "type": "classification", "data": {}}\n')
    status, printed = site.run("import", str(tmp_path / "events.ndjson"), "--rejects", "/dev/full")
    assert status == 1
    assert "/dev/full" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("name", WRITING)
def test_a_command_that_writes_as_a_role_that_only_reads_is_one_sentence(
    name: str, postgres_url: str, tmp_path: Path, keys: KeyPair
) -> None:
    role = "only_reads"
    make_role = (
        f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    )

    async def grant() -> None:
        await prepare_with_member(postgres_url)
        async with open_database(postgres_url) as database:
            for statement in make_role:
                await database.write(lambda c, said=statement: c.execute(text(said)))

    asyncio.run(grant())
    url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    one_sentence(Site(tmp_path, url, keys), name, "DATABASE_REFUSED")


def test_on_a_standby_commands_that_write_are_one_sentence_and_reading_goes_on(
    own_postgres: OwnPostgres,
    tmp_path: Path,
    keys: KeyPair,
) -> None:
    asyncio.run(prepare_with_member(own_postgres.url))
    site = Site(tmp_path, own_postgres.url, keys)
    own_postgres.crash()
    own_postgres.data.joinpath("standby.signal").touch()
    own_postgres.start()
    for name in WRITING:
        one_sentence(site, name, "DATABASE_READ_ONLY")
    with site.gateway() as server:
        assert ready(server) == (200, "")
        assert ready(server, "?for=writes") == (
            503,
            "The database cannot be written (DATABASE_READ_ONLY).",
        )
        assert code_of_answer(server) == "none"
        assert {send(server, number) for number in range(3)} == {503}
        check_log(server, "DATABASE_READ_ONLY")
