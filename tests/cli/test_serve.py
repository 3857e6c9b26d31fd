"""``serve`` and ``schema print``, tested from outside as processes."""

import signal
import socket
import sqlite3

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from gateway.cli import COMMANDS, main
from tests.server import environment, run_command, serving, started

TOTAL = {"query": "{ classifications { totalCount } }"}


def run(tmp_path, *arguments, **settings):
    return run_command(arguments, environment(tmp_path, settings))


def test_server_says_where_it_is_answers_and_stops_when_told(tmp_path):
    with serving(tmp_path) as server:
        assert f"stats-gateway is at {server.url}\n" in server.log.read_text()
        answer = httpx.post(server.url, json=TOTAL, timeout=60)
        assert answer.json() == {"data": {"classifications": {"totalCount": 0}}}
        assert "server" not in answer.headers
        # Uvicorn ends by the signal that it was sent, once all is closed.
        assert server.stop() == -signal.SIGTERM
        assert "Application shutdown complete." in server.log.read_text()
        assert "Traceback" not in server.log.read_text()


def test_interrupt_is_a_clean_stop(tmp_path):
    with serving(tmp_path) as server:
        assert server.stop(signal.SIGINT) == 0
        assert "Traceback" not in server.log.read_text()


def test_sigterm_does_not_wait_for_an_idle_connection(tmp_path):
    with serving(tmp_path) as server, httpx.Client(timeout=60) as client:
        client.post(server.url, json=TOTAL)
        assert server.stop() == -signal.SIGTERM


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_line_that_says_where_it_is_comes_once_a_worker_takes_requests(tmp_path, workers):
    with started(tmp_path, "serve", "--port", "0", "--workers", workers) as server:
        server.wait_until_said(f"stats-gateway is at {server.url}\n")
        said = server.log.read_text()
        assert said.index("Application startup complete.") < said.index("stats-gateway is at")
        assert said.count("stats-gateway is at ") == 1
        alive = server.url.replace("graphql", "livez")
        assert httpx.get(alive, timeout=60).status_code == 200


def test_workers_read_the_options_of_the_command(tmp_path):
    url = f"sqlite:///{tmp_path}/other.db"
    with serving(tmp_path, "--workers", "2", "--database-url", url) as server:
        answers = [httpx.post(server.url, json=TOTAL, timeout=60).status_code for _ in range(8)]
        assert answers == [200] * 8
        # One worker answers while the other may still be starting.
        server.wait_for("Started server process", times=2)
        assert (tmp_path / "other.db").exists()
        assert not (tmp_path / "served.db").exists()
        assert server.stop() == 0


def test_port_in_use_is_one_sentence_and_status_2(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(tmp_path, "serve", "--port", str(port))
    assert result.returncode == 2
    assert result.stderr == (
        f"Error: Cannot listen on port {port} of 127.0.0.1: Address already in use.\n"
    )


def test_host_that_is_not_ours_is_one_sentence_and_status_2(tmp_path):
    result = run(tmp_path, "serve", "--host", "192.0.2.1", "--port", "0")
    assert result.returncode == 2
    assert result.stderr == (
        "Error: Cannot listen on port 0 of 192.0.2.1: Cannot assign requested address.\n"
    )


def test_key_file_that_cannot_be_read_is_one_sentence_and_status_2(tmp_path):
    missing = f"{tmp_path}/none.pem"
    result = run(tmp_path, "serve", "--port", "0", STATS_GATEWAY_JWT_PUBLIC_KEY_FILE=missing)
    assert result.returncode == 2
    assert result.stderr == (
        f"Error: STATS_GATEWAY_JWT_PUBLIC_KEY_FILE names {missing}, which cannot be read: "
        "No such file or directory.\n"
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_database_that_never_can_be_opened_is_one_sentence(tmp_path, workers):
    url = f"sqlite:///{tmp_path}/no/folder/stats.db"
    result = run(tmp_path, "serve", "--port", "0", "--workers", workers, "--database-url", url)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: The database {url} is not there")


def test_no_such_database_at_a_server_is_one_sentence_without_the_password(
    tmp_path, postgres_server
):
    url = make_url(postgres_server).set(database="nothing", password="hunter2")
    shown = url.render_as_string(hide_password=False)
    result = run(tmp_path, "serve", "--port", "0", "--database-url", shown)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: The database postgresql://")
    assert 'is not there (database "nothing" does not exist)' in line
    assert "hunter2" not in result.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_tables_of_a_newer_version_are_one_sentence(tmp_path, workers):
    assert run(tmp_path, "db", "upgrade").returncode == 0
    with sqlite3.connect(tmp_path / "served.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    result = run(tmp_path, "serve", "--port", "0", "--workers", workers)
    assert (result.returncode, result.stderr) == (
        1,
        "Error: The database's tables are at migration 9999, which this version does not know: "
        "install a newer stats-gateway.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["serve", "--port", "65536"], "--port"),
        (["serve", "--workers", "0"], "--workers"),
        (["nonsense"], "nonsense"),
    ],
)
def test_usage_errors_have_status_2(arguments, named):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert named in result.stderr


def test_setting_that_cannot_be_used_is_named(tmp_path):
    result = run(tmp_path, "serve", STATS_GATEWAY_PORT="eighty")
    assert result.returncode == 2
    assert result.stderr.startswith("Error: STATS_GATEWAY_PORT cannot be used: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command} ")


def test_schema_is_printed_and_written_alike(tmp_path):
    file = tmp_path / "schema.graphql"
    printed = CliRunner().invoke(main, ["schema", "print"])
    written = CliRunner().invoke(main, ["schema", "print", "--output", str(file)])
    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert "type Query {" in printed.stdout
    assert file.read_text() == printed.stdout
    assert written.stdout == ""
