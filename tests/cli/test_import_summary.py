"""What an import says of the rows it refused, left out or did not find."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.import_command import HEADER, LOOK, ROW, Import, dump, stream


def test_bad_rows_are_reported_and_stop_nothing(store: Import) -> None:
    bad = "2,5,ada,,Count,2020-01-01 00:00:00 UTC,{}\n"
    ahead = ROW.replace("2020", "9020")
    Path("cats.csv").write_text(HEADER + bad + ROW + ahead)
    result = store("cats.csv", "--project-id", 3)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "stored    1",
        "unchanged 0",
        "replaced  0",
        "rejected  2",
        "ignored   0",
        "cats.csv:2 workflow_id is missing.",
        "cats.csv:4 created_at lies more than a day ahead of now.",
        "All rejected rows, with reasons: cats.csv.rejects.csv",
        "projects    3",
        "days        2020-01-01 to 2020-01-01",
        "volunteers  1, and 0 anonymous events",
        "workflows   1: 7",
        LOOK,
    ]
    with Path("cats.csv.rejects.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "line", "id", "reason"],
            ["cats.csv", "2", "2", "workflow_id is missing."],
            ["cats.csv", "4", "1", "created_at lies more than a day ahead of now."],
        ]


def test_what_was_left_out_of_events_that_count_is_told(store: Import) -> None:
    events = [json.loads(line) for line in stream(4)]
    events[0]["data"]["metadata"]["user_group_ids"] = [501, None]
    events[1]["data"]["metadata"]["user_group_ids"] = list(range(1, 1_002))
    events[2]["data"]["metadata"] |= {"started_at": "soon", "user_group_ids": "7"}
    events[3]["data"]["metadata"] = "none"
    Path("odd.ndjson").write_text("\n".join(map(json.dumps, events)))
    result = store("odd.ndjson")
    assert result.exit_code == 0
    assert "stored    4\n" in result.stdout
    assert "rejected  0\n" in result.stdout
    assert result.stdout.splitlines()[-5:-1] == [
        "2 counted without values in user_group_ids that are not ids.",
        "1 counted 0 seconds and to no group, because metadata is not a JSON object.",
        "1 counted 0 seconds, because a time of the session cannot be read.",
        "1 counted to no group, because user_group_ids has too many ids "
        "(STATS_GATEWAY_GROUPS_PER_EVENT).",
    ]
    assert [row[-1] for row in dump()["classification"]] == ["[501]", None, None, None]
    assert not list(Path().glob("*.rejects.csv"))


def test_an_import_takes_the_limit_of_groups_from_the_settings(
    store: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATS_GATEWAY_GROUPS_PER_EVENT", "1")
    Path("events.ndjson").write_text("\n".join(stream(2)))
    result = store("events.ndjson")
    assert "stored    2\n" in result.stdout
    assert (
        "2 counted to no group, because user_group_ids has too many ids "
        "(STATS_GATEWAY_GROUPS_PER_EVENT)." in result.stdout
    )


def test_an_import_of_which_nothing_counts_has_failed(store: Import) -> None:
    bad = ROW.replace("2020-01-01", "yesterday")
    Path("bad.csv").write_text(HEADER + bad * 3)
    Path("some.csv").write_text(HEADER + bad + ROW)
    refused, some, again = store("bad.csv"), store("some.csv"), store("some.csv")
    assert [result.exit_code for result in (refused, some, again)] == [1, 0, 0]
    assert "rejected  3\nignored   0\nbad.csv:2 created_at" in refused.stdout


def test_a_file_without_rows_says_so(store: Import) -> None:
    Path("none.csv").write_text(HEADER)
    Path("some.csv").write_text(HEADER + ROW)
    result = store("none.csv", "some.csv", "--project-id", 3)
    assert result.exit_code == 0
    assert result.stdout.endswith(f"\nnone.csv has no rows: nothing was stored from it.\n{LOOK}\n")
    assert "some.csv has" not in result.stdout


def test_events_that_are_ignored_alone_are_no_failure(store: Import) -> None:
    counters = b'{"source": "panoptes", "type": "workflow_counters"}\n'
    result = store("-", stdin=counters)
    assert result.exit_code == 0
    assert "has no rows" not in result.stdout


def test_many_projects_and_workflows_are_counted_and_few_named(store: Import) -> None:
    event = json.loads(next(stream(1)))
    lines = []
    for number in range(1, 9):
        event["data"]["id"] = number
        event["data"]["links"] = {"user": 7, "workflow": number * 10}
        if number > 1:
            event["data"]["links"]["project"] = number
        lines.append(json.dumps(event))
    Path("many.ndjson").write_text("\n".join(lines))
    said = store("many.ndjson").stdout
    assert "projects    2, 3, 4, 5, 6 and 3 more\n" in said
    assert "volunteers  1, and 0 anonymous events\n" in said
    assert "workflows   8: 10, 20, 30, 40, 50 and 3 more\n" in said


def test_twenty_rejects_are_shown_and_all_are_kept(store: Import) -> None:
    Path("bad.ndjson").write_text(f"{next(stream(1))}\n" + "{}x\n" * 25)
    result = store("bad.ndjson", "--rejects", "refused.csv")
    shown = [line for line in result.stdout.splitlines() if line.startswith("bad.ndjson:")]
    assert len(shown) == 20
    assert "… and 5 more.\nAll rejected rows, with reasons: refused.csv" in result.stdout
    assert len(Path("refused.csv").read_text().splitlines()) == 26


def test_a_rejects_file_that_cannot_be_written_is_one_error(store: Import) -> None:
    Path("bad.ndjson").write_text(f"{next(stream(1))}\nx\n")
    result = store("bad.ndjson", "--rejects", "nowhere/refused.csv")
    assert result.exit_code == 1
    assert "nowhere/refused.csv" in result.stderr
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize("path", ["events.ndjson", "./events.ndjson", "stats.db", "more.csv"])
def test_the_report_of_rejects_takes_the_place_of_nothing(store: Import, path: str) -> None:
    Path("events.ndjson").write_text(f"{next(stream(1))}\nx\n")
    Path("more.csv").symlink_to("events.ndjson")
    before = Path("events.ndjson").read_bytes()
    result = store("events.ndjson", "--rejects", path)
    assert result.exit_code == 2
    assert "would be written over" in result.stderr
    assert Path("events.ndjson").read_bytes() == before
    assert not Path("stats.db").exists()


@pytest.mark.parametrize(
    ("projects", "settings", "link"),
    [
        ([3], {}, "http://127.0.0.1:8000/projects/3"),
        ([3, 4], {"HOST": "0.0.0.0", "PORT": "8001"}, "http://localhost:8001/"),
        ([3], {"PAGES": "false"}, "http://127.0.0.1:8000/graphql"),
    ],
)
def test_an_import_ends_with_where_it_can_be_seen(
    store: Import,
    monkeypatch: pytest.MonkeyPatch,
    projects: list[int],
    settings: dict[str, str],
    link: str,
) -> None:
    monkeypatch.setattr("gateway.cli.importing.pages_are_built", lambda: True)
    for name, value in {"PAGES": "true", **settings}.items():
        monkeypatch.setenv(f"STATS_GATEWAY_{name}", value)
    event = json.loads(next(stream(1)))
    lines = []
    for project in projects:
        event["data"] |= {"id": project, "links": {"user": 7, "workflow": 9, "project": project}}
        lines.append(json.dumps(event))
    Path("events.ndjson").write_text("\n".join(lines))
    assert store("events.ndjson").stdout.endswith(f" look at it at {link}\n")
