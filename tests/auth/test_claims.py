from typing import Any

import pytest

from gateway.auth.claims import ClaimNames, viewer_of
from gateway.auth.viewer import Viewer
from gateway.errors import InvalidEvent

OIDC = ClaimNames(
    id="sub",
    login="preferred_username",
    display_name="name",
    admin="stats_admin",
    scope="scope",
    admin_scope="stats:admin",
)


def test_claims_of_another_issuer_are_found_under_their_names() -> None:
    payload = {"sub": "1002", "preferred_username": "ada", "name": "Ada L.", "data": {"id": 7}}
    assert viewer_of(payload, OIDC) == Viewer(1002, "ada", "Ada L.")


@pytest.mark.parametrize("sub", [None, "auth0|1002", "", "1e3", {"id": 1002}])
def test_a_subject_that_is_no_id_is_nobody(sub: object) -> None:
    with pytest.raises(InvalidEvent):
        viewer_of({"sub": sub}, OIDC)


@pytest.mark.parametrize(
    ("claims", "is_site_admin"),
    [
        ({"scope": "openid stats:admin"}, True),
        ({"scope": ["openid", "stats:admin"]}, True),
        ({"stats_admin": True}, True),
        ({"scope": "openid stats:administer"}, False),
        ({"scope": "xstats:admin"}, False),
        ({"scope": "openid,stats:admin"}, False),
        ({"scope": {"stats:admin": True}}, False),
        ({"scope": None}, False),
        ({"stats_admin": "true"}, False),
        ({"stats_admin": 1}, False),
        ({"data": {"admin": True}}, False),
        ({}, False),
    ],
)
def test_a_scope_or_the_claim_makes_a_site_admin(
    claims: dict[str, Any], is_site_admin: bool
) -> None:
    assert viewer_of({"sub": "1", **claims}, OIDC).is_site_admin is is_site_admin


@pytest.mark.parametrize("scope", [["admin", None, "", "None"], "admin", None])
def test_no_scope_makes_a_site_admin_unless_one_is_configured(scope: object) -> None:
    assert not viewer_of({"data": {"id": 1, "scope": scope, "admin": False}}).is_site_admin


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"a": {"b": {"c": 7}}}, "a.b.c"),
        ({"a.b.c": 7}, "a.b.c"),
        ({"a.b": {"c": 7}}, "a.b.c"),
        ({"a": {"b.c": 7}}, "a.b.c"),
        ({"https://example.org/id": 7}, "https://example.org/id"),
        ({"https://example.org/claims": {"id": 7}}, "https://example.org/claims.id"),
    ],
)
def test_a_path_leads_into_objects_and_names_may_have_dots(
    payload: dict[str, Any], path: str
) -> None:
    assert viewer_of(payload, ClaimNames(id=path)).id == 7


@pytest.mark.parametrize(
    "payload", [{}, {"a": 7}, {"a": {"c": 7}}, {"a": [{"b": 7}]}, {"a": {"b": {"id": 7}}}]
)
def test_a_path_that_leads_nowhere_is_nobody(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent):
        viewer_of(payload, ClaimNames(id="a.b"))


@pytest.mark.parametrize(
    ("claims", "may"),
    [
        ({}, True),
        ({"scope": None}, True),
        ({"scope": ["public", "group"]}, True),
        ({"scope": "public group"}, True),
        ({"scope": ["public"]}, False),
        ({"scope": "groups"}, False),
        ({"scope": {"group": 1}}, False),
        ({"scope": []}, False),
    ],
)
def test_a_token_with_scopes_needs_the_one_for_groups(claims: dict[str, object], may: bool) -> None:
    names = ClaimNames(id="sub", scope="scope")
    assert viewer_of({"sub": "1", **claims}, names).may_change_groups is may
    unasked = ClaimNames(id="sub", scope="scope", group_scope=None)
    assert viewer_of({"sub": "1", **claims}, unasked).may_change_groups
