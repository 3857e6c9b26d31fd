from typing import Any

import pytest

from gateway.directory.document import read_document
from gateway.errors import UnreadableFile

USER = {"id": 1002, "login": "ada"}
GROUP = {"id": "501", "name": "group-501"}
MEMBERSHIP = {"user_id": 1002, "user_group_id": 501, "state": "active", "roles": ["group_admin"]}
PROJECT = {"id": 11, "display_name": "Cats"}
WORKFLOW = {"id": 101, "project_id": 11}


def refusal(document: object) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_document(document)
    return caught.value.message


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"users": [USER, {"login": "bob"}]}, "users[1].id"),
        ({"users": [USER | {"id": "\uff11"}]}, "users[0].id"),
        ({"users": [USER | {"id": 0}]}, "users[0].id"),
        ({"users": [USER | {"id": 2**63}]}, "users[0].id"),
        ({"users": [USER | {"id": True}]}, "users[0].id"),
        ({"users": [USER | {"login": 7}]}, "users[0].login"),
        ({"users": [USER | {"login": "a\0b"}]}, "users[0].login"),
        ({"users": [USER | {"login": "\ud800"}]}, "users[0].login"),
        ({"users": [None]}, "users[0]"),
        ({"users": {"1002": USER}}, "users"),
        (
            {"user_groups": [GROUP | {"stats_visibility": "open"}]},
            "user_groups[0].stats_visibility",
        ),
        ({"user_groups": [GROUP | {"stats_visibility": 5}]}, "user_groups[0].stats_visibility"),
        ({"user_groups": [GROUP | {"stats_visibility": None}]}, "user_groups[0].stats_visibility"),
        ({"user_groups": [GROUP | {"private": "no"}]}, "user_groups[0].private"),
        ({"memberships": [MEMBERSHIP | {"state": "gone"}]}, "memberships[0].state"),
        ({"memberships": [MEMBERSHIP | {"roles": "group_admin"}]}, "memberships[0].roles"),
        ({"memberships": [MEMBERSHIP | {"roles": [""]}]}, "memberships[0].roles[0]"),
        ({"memberships": [{"user_id": 1002, "user_group_id": 501}]}, "memberships[0].state"),
        ({"projects": [PROJECT | {"slug": ["a"]}]}, "projects[0].slug"),
        ({"workflows": [{"id": 101}]}, "workflows[0].project_id"),
        ({"workflows": [WORKFLOW | {"active": "yes"}]}, "workflows[0].active"),
        ({"workflows": [WORKFLOW | {"completeness": 1.5}]}, "workflows[0].completeness"),
        ({"workflows": [WORKFLOW | {"completeness": "1"}]}, "workflows[0].completeness"),
        ({"workflows": [WORKFLOW | {"subjects_count": -1}]}, "workflows[0].subjects_count"),
        ({"workflows": [WORKFLOW | {"retirement": 15}]}, "workflows[0].retirement"),
        ([USER], "The document"),
        (None, "The document"),
    ],
)
def test_the_first_bad_entry_is_named(document: object, place: str) -> None:
    assert refusal(document).startswith(f"{place} cannot be used: ")
    assert refusal(document).endswith(".")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([USER], "The document cannot be used: it must be a JSON object."),
        ({"users": None}, "users cannot be used: it must be a JSON array."),
        ({"users": [{}]}, "users[0].id cannot be used: it is missing."),
        (
            {"projects": [PROJECT | {"slug": 1}]},
            "projects[0].slug cannot be used: it must be a text.",
        ),
        (
            {"workflows": [WORKFLOW | {"active": "yes"}]},
            "workflows[0].active cannot be used: it must be true or false.",
        ),
        ({"k" * 1000: 1}, f"'{'k' * 41}' is not a key that is known."),
    ],
)
def test_a_refusal_is_in_plain_words(document: object, sentence: str) -> None:
    assert refusal(document) == sentence


def test_a_refusal_says_what_would_do() -> None:
    assert refusal({"memberships": [MEMBERSHIP, MEMBERSHIP | {"state": "gone"}]}) == (
        "memberships[1].state cannot be used: Input should be 'active', 'invited' or 'inactive'."
    )
    assert refusal({"users": [{"id": -5}]}) == (
        "users[0].id cannot be used: it is -5:"
        " an id is a whole number from 1 to 9223372036854775807."
    )


def test_lists_may_be_absent() -> None:
    assert read_document({}) == {
        "users": [],
        "user_groups": [],
        "memberships": [],
        "projects": [],
        "workflows": [],
        "group_records": [],
    }


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"members": []}, "members is not a key that is known."),
        ({"passwords": {"1002": "x"}}, "passwords is not a key that is known."),
        (
            {"users": [USER, USER | {"email": "ada@example.org"}]},
            "users[1].email is not a key that is known.",
        ),
        (
            {"user_groups": [GROUP | {"stats_visiblity": 4}]},
            "user_groups[0].stats_visiblity is not a key that is known.",
        ),
        (
            {"workflows": [{"id": 1, "project_id": 2, "retirement": {"options": {"counts": 1}}}]},
            "workflows[0].retirement.options.counts is not a key that is known.",
        ),
    ],
)
def test_a_key_that_is_unknown_is_refused_with_its_place(document: object, said: str) -> None:
    assert refusal(document) == said


@pytest.mark.parametrize("role", ["admin", "group-admin", "Group_Admin", "", " group_admin"])
def test_a_role_that_is_unknown_is_refused_with_its_place(role: str) -> None:
    member = {"user_group_id": 501, "user_id": 1002, "state": "active"}
    document = {"memberships": [member, member | {"roles": ["group_member", role]}]}
    assert refusal(document).startswith("memberships[1].roles")
    rows = read_document({"memberships": [member | {"roles": ["tester"]}]}, any_role=True)
    assert rows["memberships"][0]["roles"] == '["tester"]'


def test_a_group_is_level_0_and_not_private_unless_it_says_otherwise() -> None:
    [row] = read_document({"user_groups": [GROUP]})["user_groups"]
    assert row == {
        "id": 501,
        "name": "group-501",
        "display_name": None,
        "stats_visibility": 0,
        "private": False,
    }


@pytest.mark.parametrize("level", ["public_agg_show_ind_if_member", 3])
def test_a_level_may_be_a_name_or_a_number(level: object) -> None:
    [row] = read_document({"user_groups": [GROUP | {"stats_visibility": level}]})["user_groups"]
    assert row["stats_visibility"] == 3


def test_roles_are_kept_ascending_and_each_once() -> None:
    roles = ["group_member", "group_admin", "group_member"]
    [row] = read_document({"memberships": [MEMBERSHIP | {"roles": roles}]})["memberships"]
    assert row["roles"] == '["group_admin","group_member"]'
    bare = {name: value for name, value in MEMBERSHIP.items() if name != "roles"}
    assert read_document({"memberships": [bare]})["memberships"][0]["roles"] == "[]"


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, None),
        ({"retirement_count": 7}, 7),
        ({"retirement": {"criteria": "classification_count", "options": {"count": 15}}}, 15),
        ({"retirement": {"criteria": "never_retire", "options": {"count": 15}}}, None),
        ({"retirement": {"criteria": "never_retire", "options": {}}}, None),
        ({"retirement": {"criteria": "classification_count"}}, None),
        ({"retirement": {}}, None),
        ({"retirement": None}, None),
    ],
)
def test_a_workflow_retires_by_count_only_if_it_says_so(
    given: dict[str, Any], count: int | None
) -> None:
    [row] = read_document({"workflows": [WORKFLOW | given]})["workflows"]
    assert row["retirement_count"] == count


def test_what_is_known_and_unused_is_not_looked_at() -> None:
    """Exports for ERAS have these."""
    member = {"user_group_id": 1, "user_id": 2, "state": "active", "roles": ["group_member"]}
    plain = {"users": [{"id": 2, "login": "ada"}], "memberships": [member]}
    rows = read_document(plain)
    more = {
        "users": [{"id": 2, "login": "ada", "admin": True}],
        "memberships": [member],
        "tokens": {"token-2": 2},
    }
    assert read_document(more) == rows
    assert "tokens" not in rows
