"""Rows change hands only where whoever imports says so, and never against the directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.db import tables
from tests.cli.import_command import LOOK
from tests.cli.importing import Site, classified

ROWS = tuple(f"{n},5,ada,600,Count,2020-01-0{n} 10:00:00 UTC" for n in (1, 2, 3))
MINE, OTHER = ("--project-id", 88), ("--project-id", 77)
IN_88, IN_77 = ([(n, project) for n in (1, 2, 3)] for project in (88, 77))


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Site:
    return Site(database_url, tmp_path)


def known_by_the_directory(site: Site) -> None:
    site.directory(workflows=[{"id": 600, "project_id": 88, "display_name": "Count"}])


def known_by_the_stream(site: Site) -> None:
    site.stream(classified(9, "2019-01-01"))


@pytest.mark.parametrize("move", [(), ("--move",)])
def test_a_workflow_of_the_directory_goes_nowhere_else(site: Site, move: tuple[str, ...]) -> None:
    known_by_the_directory(site)
    said = site.export(*ROWS, options=(*OTHER, *move))
    assert site.projects_of_events() == IN_88
    assert site.workflows() == [(600, 88, "Count")]
    assert site.rows(tables.project, "id") == [(88,)]
    assert (
        "\nWorkflow 600 belongs to project 88, according to the directory: --project-id 77 was "
        f"not applied to 3 rows.\n{LOOK}\n"
    ) in said
    assert "projects    88\n" in said


def test_a_workflow_that_events_know_goes_elsewhere_by_moving_alone(site: Site) -> None:
    known_by_the_stream(site)
    said = site.export(*ROWS, options=OTHER)
    assert site.projects_of_events() == [*IN_88, (9, 88)]
    assert (
        "Workflow 600 belongs to project 88, according to its events: --project-id 77 was not "
        "applied to 3 rows; --move moves the workflow as well.\n"
    ) in said
    said = site.export(*ROWS, options=(*OTHER, "--move"))
    assert site.projects_of_events() == [*IN_77, (9, 88)]
    assert site.workflows() == [(600, 77, "Count")]
    assert "replaced  3\n" in said
    assert (
        "3 stored events moved from project 88 to 77.\nWorkflow 600 moved from project 88 to 77.\n"
    ) in said


def test_the_same_file_with_a_mistyped_project_moves_nothing(site: Site) -> None:
    site.export(*ROWS, options=MINE)
    said = site.export(*ROWS, options=OTHER)
    assert "unchanged 3\nreplaced  0\n" in said
    assert (
        "Workflow 600 belongs to project 88, according to an earlier import: --project-id 77 was "
        "not applied to 3 rows; --move moves the workflow as well.\n"
    ) in said
    assert site.projects_of_events() == IN_88
    assert site.workflows() == [(600, 88, "Count")]


def test_moving_takes_the_workflow_along_and_back(site: Site) -> None:
    site.export(*ROWS, options=MINE)
    for options, events in ((OTHER, IN_77), (MINE, IN_88)):
        said = site.export(*ROWS, options=(*options, "--move"))
        assert "3 stored events moved from project " in said
        assert site.projects_of_events() == events
        assert site.workflows() == [(600, options[1], "Count")]
        assert "replaced  0\n" in site.export(*ROWS, options=(*options, "--move"))
    site.run("verify")


def test_rows_that_come_later_go_where_their_workflow_is(site: Site) -> None:
    site.export(ROWS[0], options=MINE)
    site.export(*ROWS[:2], options=(*OTHER, "--move"))
    site.export(*ROWS)
    assert site.projects_of_events() == IN_77


def test_the_same_project_again_is_nothing_to_tell(site: Site) -> None:
    first = site.export(*ROWS, options=MINE)
    again = site.export(*ROWS, options=MINE)
    moved = site.export(*ROWS, options=(*MINE, "--move"))
    assert "unchanged 3\n" in again
    for said in (first, again, moved):
        assert "Workflow" not in said
        assert "stored events" not in said


def test_events_go_from_no_project_to_one_without_more(site: Site) -> None:
    site.export(*ROWS)
    assert site.projects_of_events() == [(n, 0) for n in (1, 2, 3)]
    assert "replaced  3\n" in site.export(*ROWS, options=MINE)
    assert site.projects_of_events() == IN_88


def test_an_export_that_knows_no_project_takes_none_away(site: Site) -> None:
    # The stream knew these as another workflow's.
    site.stream(*(classified(n, f"2020-01-0{n}", links={"workflow": 601}) for n in (1, 2, 3)))
    site.export(*ROWS)
    assert site.projects_of_events() == IN_88


def test_stored_events_stay_where_the_directory_has_moved_the_workflow(site: Site) -> None:
    site.export(*ROWS, options=OTHER)
    known_by_the_directory(site)
    said = site.export(*ROWS)
    assert "3 stored events stayed in project 77 and did not move to 88: import the file" in said
    assert "projects    77\n" in said
    assert site.projects_of_events() == IN_77
    assert "3 stored events moved from project 77 to 88.\n" in site.export(
        *ROWS, options=["--move"]
    )
    assert site.projects_of_events() == IN_88


def test_each_workflow_of_a_file_is_followed_by_itself(site: Site) -> None:
    known_by_the_directory(site)
    mixed = (ROWS[0], ROWS[1].replace("600", "601"), ROWS[2])
    said = site.export(*mixed, options=OTHER)
    assert site.projects_of_events() == [(1, 88), (2, 77), (3, 88)]
    assert site.workflows() == [(600, 88, "Count"), (601, 77, "Count")]
    assert "was not applied to 2 rows.\n" in said
    assert "projects    77, 88\n" in said


def test_of_many_workflows_the_first_are_told_and_the_others_counted(site: Site) -> None:
    rows = [f"{n},5,ada,{600 + n},Count,2020-01-01 10:00:00 UTC" for n in range(1, 13)]
    site.export(*rows, options=MINE)
    said = site.export(*rows, options=OTHER)
    assert said.count("--project-id 77 was not applied to 1 row;") == 10
    assert said.endswith(f"\n… nor to 2 more workflows with 2 rows.\n{LOOK}\n")
    said = site.export(*rows, options=(*OTHER, "--move"))
    assert said.count(" moved from project 88 to 77.\n") == 11
    assert said.endswith(f"\n… and 2 more workflows moved.\n{LOOK}\n")


def test_stream_events_hold_over_an_earlier_project_id(site: Site) -> None:
    site.export(*ROWS, options=OTHER)
    site.stream(classified(9, "2001-01-01"))
    assert site.workflows() == [(600, 88, "Count")]
    assert site.projects_of_events() == [*IN_77, (9, 88)]


def test_a_stream_copy_with_another_project_replaces(site: Site) -> None:
    site.export(*ROWS, options=OTHER)
    said = site.stream(*(classified(n, f"2020-01-0{n}") for n in (1, 2, 3)))
    assert "replaced  3\n" in said
    assert site.projects_of_events() == IN_88


def test_a_table_says_the_project_of_each_row_itself(site: Site) -> None:
    table = "classification_id,event_time,project_id,workflow_id,user_id\n"
    site.export(*ROWS, options=OTHER)
    rows = "".join(f"{n},2020-01-0{n}T10:00:00Z,88,600,5\n" for n in (1, 2, 3))
    assert "replaced  3\n" in site.table("table.csv", table + rows, *OTHER)
    assert site.projects_of_events() == IN_88
    assert site.workflows() == [(600, 88, "Count")]
    comments = "comment_id,event_time,project_id,user_id\n1,2020-01-01T10:00:00Z,88,5\n"
    site.table("comments.csv", comments, *OTHER)
    site.table("comments.csv", comments.replace("88", "89"), *OTHER)
    assert site.rows(tables.comment, "id", "project_id") == [(1, 89)]


def test_comments_go_from_a_project_to_another_by_moving_alone(site: Site) -> None:
    comments = [(1, "ada", "2020-01-01"), (2, "ada", "2020-01-02")]
    site.talk(*comments)
    assert "2 stored events stayed in project 88 and did not move to 77: " in site.talk(
        *comments, project=77
    )
    assert site.rows(tables.comment, "id", "project_id") == [(1, 88), (2, 88)]
    said = site.talk(*comments, project=77, move=True)
    assert "2 stored events moved from project 88 to 77.\n" in said
    assert site.rows(tables.comment, "id", "project_id") == [(1, 77), (2, 77)]
