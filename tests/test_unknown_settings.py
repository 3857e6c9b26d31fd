"""A mistyped setting is warned of at the start, and refuses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.settings import PREFIX, Settings
from gateway.unknown_settings import warnings_of
from tests.server import serving

MISTYPED = "There is no setting STATS_GATEWAY_DATABSE_URL: did you mean STATS_GATEWAY_DATABASE_URL?"


@pytest.mark.parametrize(
    ("variable", "warnings"),
    [
        ("STATS_GATEWAY_DATABSE_URL", [MISTYPED]),
        (
            "STATS_GATEWAY_OF_LAST_YEAR",
            ["There is no setting STATS_GATEWAY_OF_LAST_YEAR, so nothing reads it."],
        ),
        ("STATS_GATEWAY_PORT", []),
        ("stats_gateway_port", []),
        ("STATS_GATEWAY", []),
        ("OTHER_DATABSE_URL", []),
    ],
)
def test_a_variable_that_is_no_setting_is_told_with_the_nearest_name(
    variable: str, warnings: list[str]
) -> None:
    assert warnings_of({variable: "hunter2"}, PREFIX, Settings.model_fields) == warnings


def test_a_server_warns_once_in_its_log(tmp_path: Path) -> None:
    given = {"STATS_GATEWAY_DATABSE_URL": "hunter2", "STATS_GATEWAY_LOG_FORMAT": "json"}
    with serving(tmp_path, **given) as server:
        lines = [line for line in server.log.read_text().splitlines() if "DATABSE" in line]
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert (line["event"], line["level"]) == (MISTYPED, "warning")
    assert "hunter2" not in server.log.read_text()


def test_a_command_warns_and_does_its_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATS_GATEWAY_DATABSE_URL", "hunter2")
    url = f"sqlite:///{tmp_path}/stats.db"
    result = CliRunner().invoke(main, ["db", "upgrade", "--database-url", url])
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == f"Warning: {MISTYPED}"
    assert "hunter2" not in result.output
