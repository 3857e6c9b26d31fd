from __future__ import annotations

from typing import Any

import pytest

from gateway.events.event import Classification, Comment, Reject
from gateway.events.stream import read_payload
from tests.events.conftest import NOW


def classification(**changes: Any) -> dict[str, Any]:
    data = {
        "id": "600000001",
        "created_at": "2021-12-21T11:41:31.238Z",
        "updated_at": "2021-12-21T11:41:31.282Z",
        "metadata": {
            "started_at": "2021-12-21T11:13:21.863Z",
            "finished_at": "2021-12-21T11:41:30.988Z",
            "user_group_ids": [],
        },
        "links": {"project": "12", "user": "1021", "workflow": "105"},
    }
    return {"source": "panoptes", "type": "classification", "data": data | changes, "linked": {}}


def comment(**changes: Any) -> dict[str, Any]:
    data = {
        "id": 9003,
        "project_id": 14,
        "user_id": "1002",
        "created_at": "2021-12-21T17:00:50.618Z",
    }
    return {"source": "talk", "type": "comment", "data": data | changes}


def test_a_classification_is_read_whole() -> None:
    batch = read_payload([classification()], NOW)
    assert batch.classifications == [
        Classification(
            id=600000001,
            event_time=1_640_086_891_238_000,
            updated_at=1_640_086_891_282_000,
            user_id=1021,
            project_id=12,
            workflow_id=105,
            session_ms=1_689_125,
            group_ids=(),
        )
    ]
    assert (len(batch), batch.rejects, batch.ignored) == (1, [], 0)
    assert batch.names.users == {1021: None}
    assert batch.names.projects == {12: None}
    assert batch.names.workflows == {105: (12, None)}


def test_a_comment_is_read_whole() -> None:
    batch = read_payload([comment(updated_at="2021-12-21T17:00:50.618Z")], NOW)
    instant = 1_640_106_050_618_000
    assert batch.comments == [Comment(9003, instant, instant, 1002, 14)]
    assert batch.names.users == {1002: None}


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_comment_outside_projects_counts_to_project_zero(nothing: str | None) -> None:
    changes = {"project_id": nothing, "user_id": nothing, "updated_at": nothing}
    [read] = read_payload([comment(**changes)], NOW).comments
    assert (read.project_id, read.user_id, read.updated_at) == (0, None, None)


@pytest.mark.parametrize(
    "links",
    [
        {"workflow": 5},
        {"workflow": 5, "user": None, "project": None},
        {"workflow": 5, "user": "", "project": ""},
        {"workflow": 5, "user": " ", "project": "\t"},
    ],
)
def test_without_user_and_project_it_is_anonymous_and_of_project_zero(links: object) -> None:
    [read] = read_payload([classification(links=links)], NOW).classifications
    assert (read.user_id, read.project_id, read.workflow_id) == (None, 0, 5)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(None, ()), ([], ()), (["9", 3, 9], (3, 9))],
)
def test_groups_count_once_each(groups: object, expected: tuple[int, ...]) -> None:
    [read] = read_payload(
        [classification(metadata={"user_group_ids": groups})], NOW
    ).classifications
    assert read.group_ids == expected


@pytest.mark.parametrize("groups", [[1, 2], "nonsense"])
def test_anonymous_work_counts_to_no_group(groups: object) -> None:
    event = classification(metadata={"user_group_ids": groups}, links={"workflow": 1})
    [read] = read_payload([event], NOW).classifications
    assert read.group_ids == ()


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"started_at": "x", "finished_at": "2021-12-21T11:41:30.988Z"}],
)
def test_a_session_without_both_ends_lasts_no_time(metadata: object) -> None:
    [read] = read_payload([classification(metadata=metadata)], NOW).classifications
    assert read.session_ms == 0


@pytest.mark.parametrize(
    "event",
    [
        {"source": "panoptes", "type": "workflow_counters", "data": {"id": 3}},
        {"source": "talk", "type": "classification", "data": classification()["data"]},
        {"source": "panoptes", "type": "comment", "data": comment()["data"]},
        {"source": ["panoptes"], "type": {"a": 1}},
        {},
    ],
)
def test_other_types_are_ignored(event: object) -> None:
    batch = read_payload([event], NOW)
    assert (len(batch), batch.rejects, batch.ignored) == (0, [], 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None}, "id is missing."),
        ({"id": 0}, "id is 0: an id is a whole number from 1 to 9223372036854775807."),
        ({"created_at": None}, "created_at is missing."),
        (
            {"created_at": "2026-11-23T12:00:00.000001Z"},
            "created_at lies more than a day ahead of now.",
        ),
        (
            {"updated_at": "later"},
            "updated_at is 'later': not a time such as 2016-06-15 00:51:21 UTC.",
        ),
        ({"links": {"user": 1}}, "links.workflow is missing."),
        ({"links": None}, "links.workflow is missing."),
        ({"links": []}, "links is []: not a JSON object."),
        (
            {"links": {"workflow": 1, "user": 2**63}},
            "links.user is 9223372036854775808: "
            "an id is a whole number from 1 to 9223372036854775807.",
        ),
    ],
)
def test_a_bad_classification_is_refused_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    batch = read_payload([classification(**changes)], NOW)
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert len(batch) == 0
    assert batch.names.users == batch.names.projects == batch.names.workflows == {}


def test_a_day_ahead_is_still_believed() -> None:
    assert len(read_payload([classification(created_at="2026-11-23T12:00:00Z")], NOW)) == 1


def test_bad_events_leave_the_good_ones_and_say_where_they_stand() -> None:
    events = [comment(), 5, classification(created_at="x"), {"source": "talk", "type": "comment"}]
    batch = read_payload([*events, classification()], NOW)
    assert (len(batch.comments), len(batch.classifications)) == (1, 1)
    assert batch.rejects == [
        Reject(1, None, "The event is 5: not a JSON object."),
        Reject(
            2,
            "600000001",
            "created_at is 'x': not a time such as 2016-06-15 00:51:21 UTC.",
        ),
        Reject(3, None, "id is missing."),
    ]


def test_linked_objects_name_what_there_is() -> None:
    linked = {
        "users": [{"id": "1021", "login": "ada", "display_name": "Ada"}],
        "projects": [{"id": "12", "display_name": "Galaxies"}],
        "workflows": [{"id": 105, "display_name": "Shapes\0"}, {"id": "7"}],
    }
    names = read_payload([classification() | {"linked": linked}], NOW).names
    assert names.users == {1021: "ada"}
    assert names.display_names == {1021: "Ada"}
    assert names.projects == {12: "Galaxies"}
    assert names.workflows == {105: (12, "Shapes"), 7: (None, None)}


def test_a_later_mention_without_a_name_takes_none_away() -> None:
    named = classification() | {"linked": {"users": [{"id": 1021, "login": "ada"}]}}
    unnamed = classification() | {"linked": {"users": [{"id": 1021, "login": ""}]}}
    renamed = classification() | {"linked": {"users": [{"id": 1021, "login": "ada_l"}]}}
    assert read_payload([named, classification(), unnamed], NOW).names.users == {1021: "ada"}
    assert read_payload([named, renamed], NOW).names.users == {1021: "ada_l"}


@pytest.mark.parametrize(
    "linked",
    [
        None,
        "x",
        [],
        {"users": None},
        {"users": "ada", "projects": 5, "workflows": [[], None, {"id": "x"}, {"name": "y"}]},
    ],
)
def test_unreadable_linked_objects_are_passed_over(linked: object) -> None:
    batch = read_payload([classification() | {"linked": linked}], NOW)
    assert (len(batch), batch.rejects, batch.names.users) == (1, [], {1021: None})


def test_linked_may_be_one_object_instead_of_a_list() -> None:
    event = classification() | {"linked": {"users": {"id": 1021, "login": "ada"}}}
    assert read_payload([event], NOW).names.users == {1021: "ada"}
