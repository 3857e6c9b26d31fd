"""The script that docs/operations.md shows for a cron job prints what the demo's volunteers did."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks

DOCUMENT = ROOT / "docs" / "operations.md"
RANGE = ("2016-01-01", "2016-12-31")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (shown,) = [one for one in blocks(DOCUMENT) if one.note == "file=unusual.py"]
    path = tmp_path / "unusual.py"
    path.write_text(shown.text)
    return path


def run(script: Path, demo: Demo, *arguments: str, role: str = "site-admin") -> Any:
    environment = {**os.environ, "STATS_URL": demo.server.url, "STATS_KEY": demo.tokens[role]}
    words = [sys.executable, str(script), *RANGE, *arguments]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def days_of(demo: Demo, user_id: str) -> dict[str, tuple[int, float]]:
    """What a volunteer did each day, asked for in another way."""
    query = """query ($id: ID!, $range: DateRange) {
      user(id: $id) {
        classifications(range: $range) { buckets(period: DAY) { startsOn count timeSpent } }
      }
    }"""
    variables = {"id": user_id, "range": dict(zip(("start", "end"), RANGE, strict=True))}
    answer = demo.ask(query, variables, "site-admin")
    buckets = answer["data"]["user"]["classifications"]["buckets"]
    return {one["startsOn"]: (one["count"], one["timeSpent"] / 3600) for one in buckets}


def everybody(demo: Demo) -> list[str]:
    query = "{ classifications { topContributors(first: 5000) { user { id } } } }"
    found = demo.ask(query, None, "site-admin")["data"]["classifications"]["topContributors"]
    return [one["user"]["id"] for one in found]


def test_the_script_prints_each_unusual_day(script: Path, demo: Demo) -> None:
    ran = run(script, demo, "--per-day", "12", "--hours", "0.5")
    assert ran.stderr == ""
    printed = [line.split("\t") for line in ran.stdout.splitlines()]
    expected = [
        (day, user_id, str(count), f"{hours:.1f}")
        for user_id in sorted(everybody(demo), key=int)
        for day, (count, hours) in days_of(demo, user_id).items()
        if count > 12 or hours > 0.5
    ]
    assert [(day, user, count, hours) for day, user, _, count, hours in printed] == expected
    assert expected


def test_the_script_prints_nothing_where_nothing_is_unusual(script: Path, demo: Demo) -> None:
    ran = run(script, demo, "--per-day", "100000")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_script_ends_with_a_sentence_for_others(script: Path, demo: Demo) -> None:
    ran = run(script, demo, "--per-day", "1", role="member")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "You may not see data that only site admins may see.\n"
    ran = run(script, demo)
    assert ran.stderr == "Give classificationsPerDay, hoursPerDay or both.\n"
