"""``groups goals``: goals of groups, set by operators."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.cli.test_groups import Run, cli, group

__all__ = ["cli", "group"]


def listed(cli: Run, group: int) -> Any:
    result = cli("groups", "goals", "list", group, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_goals_are_created_listed_archived_and_deleted(cli: Run, group: int) -> None:
    words = ["--metric", "hours", "--target", 40, "--repeats", "month"]
    days = ["--start", "2026-02-28", "--end", "2027-02-28"]
    more = ["--project", 12, "--project", 11, "--milestone", 20, "--milestone", 10, "--json"]
    created = cli("groups", "goals", "create", group, *words, *days, *more, "--title", "Nights out")
    number = json.loads(created.stdout)["id"]
    plain = cli("groups", "goals", "create", group, "--metric", "contributors", "--target", 5)
    assert plain.stdout == f"Created the goal {number + 1}.\n"

    first, second = listed(cli, group)
    assert first == {
        "id": number,
        "title": "Nights out",
        "metric": "hours",
        "target": 40,
        "project_ids": [11, 12],
        "workflow_ids": None,
        "start": "2026-02-28",
        "end": "2027-02-28",
        "repeats": "month",
        "milestones": [10, 20],
        "archived": False,
    }
    today = datetime.now(UTC).date().isoformat()
    assert second["start"] <= today
    assert (second["title"], second["milestones"], second["repeats"]) == (None, [2, 3, 4], None)
    for said, sentence in (
        ([number], f"The goal {number} is archived.\n"),
        ([number], f"The goal {number} was already archived.\n"),
        ([number, "--undo"], f"The goal {number} is taken up again.\n"),
    ):
        done = cli("groups", "goals", "archive", *said)
        assert (done.exit_code, done.stdout) == (0, sentence)
    asked = cli("groups", "goals", "delete", number, stdin="n\n")
    assert asked.exit_code == 1
    assert len(listed(cli, group)) == 2
    assert cli("groups", "goals", "delete", number, "--yes").exit_code == 0
    table = cli("groups", "goals", "list", group).stdout.splitlines()
    assert table[0].split() == [
        "ID",
        "TITLE",
        "METRIC",
        "TARGET",
        "START",
        "END",
        "REPEATS",
        "ARCHIVED",
    ]
    assert table[1].split() == [
        str(number + 1),
        "-",
        "contributors",
        "5",
        second["start"],
        "-",
        "-",
        "no",
    ]
    changes = json.loads(cli("directory", "dump").stdout)["group_changes"]
    assert [(one["kind"], "actor_id" in one) for one in changes[-5:]] == [
        ("goal_created", False),
        ("goal_created", False),
        ("goal_archived", False),
        ("goal_archived", False),
        ("goal_deleted", False),
    ]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("list 999", 1, "There is no group with the id 999."),
        ("create 999 --metric hours --target 5", 1, "There is no group with the id 999."),
        ("archive 999", 1, "There is no goal with the id 999."),
        ("delete 999 --yes", 1, "There is no goal with the id 999."),
        ("archive 99999999999999999999", 2, "is not a whole number from 1 to"),
        ("create {} --metric hours --target 0", 2, "'0' is not a whole number from 1 to"),
        ("create {} --metric comments --target 5", 2, "'comments' is not one of"),
        (
            "create {} --metric hours --target 5 --start 20260101",
            2,
            "'20260101' is not a valid date (YYYY-MM-DD).",
        ),
        (
            "create {} --metric hours --target 5 --start 1990-01-01",
            1,
            "A goal must start at most 10 years ago, or within 10 years.",
        ),
        (
            "create {} --metric hours --target 5 --milestone 5",
            1,
            "Milestones must ascend, from 1 on, and be below the target.",
        ),
        ("create {} --metric hours --target 5 --project 1 --workflow 1", 1, "exclude each other"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    cli: Run, group: int, words: str, code: int, sentence: str
) -> None:
    done = cli("groups", "goals", *words.format(group).split())
    assert done.exit_code == code
    assert sentence in done.output
    assert "Traceback" not in done.output
    assert listed(cli, group) == []
    assert cli("groups", "goals", "list", group).stdout == f"The group {group} has no goals.\n"


def test_goals_are_changed_only_where_this_gateway_decides(
    cli: Run, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATS_GATEWAY_GROUPS")
    done = cli("groups", "goals", "archive", 1)
    assert done.exit_code == 2
    assert "STATS_GATEWAY_GROUPS is off" in done.output
    assert listed(cli, group) == []


def test_help_names_what_each_command_does() -> None:
    help_text = CliRunner().invoke(main, ["groups", "goals", "--help"]).output
    for sentence in (
        "Create a goal of a group.",
        "List all goals of a group, with the archived ones.",
        "Put a goal away.",
        "Delete a goal for ever.",
    ):
        assert sentence in help_text
