from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.cli.import_command import Import


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Runs ``stats-gateway import`` in a directory of its own, into ``stats.db`` there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATS_GATEWAY_DATABASE_URL", "sqlite:///stats.db")
    # Whether they are built in the working copy is another matter.
    monkeypatch.setenv("STATS_GATEWAY_PAGES", "false")

    def store(*arguments: object, database: str | None = None, stdin: bytes = b"") -> Result:
        words = [str(argument) for argument in arguments]
        if database is not None:
            words += ["--database-url", f"sqlite:///{database}"]
        return CliRunner().invoke(main, ["import", *words], input=stdin)

    return store
