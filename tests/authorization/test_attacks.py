"""Ways to get at what one should not see, each tried over HTTP against a server process."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.authorization.people import SITE_ADMIN, UNKNOWN, open_group, private_group
from tests.authorization.served import Served

CLOSED, HIDDEN, SHOWN = open_group(0), private_group(0), open_group(4)


def codes(response: httpx.Response) -> set[str]:
    return {error["extensions"]["code"] for error in response.json().get("errors", [])}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-user-id": str(SITE_ADMIN), "x-admin": "true"},
        {"x-forwarded-user": "admin", "x-forwarded-for": "127.0.0.1"},
        {"apollographql-client-name": "router", "x-apollo-operation-name": "admin"},
        {"cookie": "token={token}; authorization=Bearer {token}"},
        {"proxy-authorization": "Bearer {token}"},
        {"x-authorization": "Bearer {token}"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_other_header_makes_anybody_somebody(served: Served, headers: dict[str, str]) -> None:
    token = served.credentials["site admin"]
    sent = {name: value.format(token=token) for name, value in headers.items()}
    response = httpx.post(
        served.url,
        json={"query": "{ me { id } gatewayStats { ledgerSize } }"},
        headers=sent,
        timeout=60,
    )
    assert response.json()["data"] == {"me": None, "gatewayStats": None}
    assert codes(response) == {"UNAUTHENTICATED"}


def test_a_token_in_the_address_or_the_body_counts_for_nothing(served: Served) -> None:
    token = served.credentials["site admin"]
    query = "{ me { id } gatewayStats { ledgerSize } }"
    for response in (
        httpx.get(
            served.url, params={"query": query, "token": token, "access_token": token}, timeout=60
        ),
        httpx.post(served.url, params={"token": token}, json={"query": query}, timeout=60),
        httpx.post(
            served.url,
            json={"query": query, "token": token, "extensions": {"token": token}},
            timeout=60,
        ),
    ):
        assert response.json()["data"] == {"me": None, "gatewayStats": None}
        assert codes(response) == {"UNAUTHENTICATED"}


@pytest.mark.parametrize(
    "spelling", ["20 ", " 20", "020", "+20", "20.0", "2e1", "0x14", "\u0662\u0660", "20\\u0000"]
)
def test_another_spelling_of_an_id_is_no_way_to_a_hidden_group(
    served: Served, spelling: str
) -> None:
    for query in (
        f'{{ userGroup(id: "{spelling}") {{ name }} }}',
        f'{{ _entities(representations: [{{__typename: "UserGroup", id: "{spelling}"}}]) '
        "{ ... on UserGroup { name } } }",
    ):
        response = served.post(query, "not a member")
        assert codes(response) == {"INVALID_ARGUMENT"}
        assert "private-0" not in response.text


def test_repeating_a_hidden_group_among_others_does_not_bring_it_out(served: Served) -> None:
    ids = [HIDDEN, SHOWN, HIDDEN, UNKNOWN, HIDDEN]
    response = served.post(
        f"{{ userGroupsByIds(ids: {ids}) {{ id name }} }}", "inactive group admin"
    )
    shown = {"id": str(SHOWN), "name": "open-4"}
    assert response.json() == {"data": {"userGroupsByIds": [None, shown, None, None, None]}}


def test_selections_merge_behind_one_guard_and_around_none(served: Served) -> None:
    """The same field in several pieces, conditions that variables decide, and defaults."""
    response = served.post(
        """query ($on: Boolean! = true, $off: Boolean! = false) {
          userGroup(id: 12) { classifications { totalCount } }
          userGroup(id: 12) { ...Members @include(if: $on) ... @skip(if: $off) { name } }
          __typename @skip(if: $on)
        }
        fragment Members on UserGroup {
          classifications { ... on GroupStats { topContributors { user { id } } } }
          classifications { comparedWith { comparedWith { memberBreakdown { totalCount } } } }
        }""",
        "member",
    )
    assert response.json()["data"] == {
        "userGroup": {
            "classifications": {
                "totalCount": 10,
                "topContributors": None,
                "comparedWith": {"comparedWith": {"memberBreakdown": None}},
            },
            "name": "open-2",
        }
    }
    assert codes(response) == {"FORBIDDEN"}


def test_a_cursor_of_one_group_opens_no_other(served: Served) -> None:
    page = "userGroup(id: %d) { classifications { memberBreakdown(first: 1%s) { %s } } }"
    given = served.post(f"{{ {page % (SHOWN, '', 'pageInfo { endCursor }')} }}", "member").json()
    cursor = given["data"]["userGroup"]["classifications"]["memberBreakdown"]["pageInfo"][
        "endCursor"
    ]
    forged = base64.urlsafe_b64encode(b"9:1").decode()
    for after in (cursor, forged):
        selection = page % (CLOSED, f', after: "{after}"', "nodes { count } totalCount")
        response = served.post(f"{{ {selection} }}", "member")
        assert response.json()["data"]["userGroup"]["classifications"] == {"memberBreakdown": None}
        assert codes(response) == {"FORBIDDEN"}


def test_what_one_was_answered_another_is_not(served: Served) -> None:
    """Documents are kept from one operation to the next: answers and decisions are not."""
    query = f"""{{ userGroup(id: {HIDDEN}) {{
        name classifications {{ totalCount }} memberships {{ nodes {{ state }} }}
    }} }}"""
    expected = {
        "site admin": set(),
        "group admin": set(),
        "member": {"FORBIDDEN"},
        "not a member": {"NOT_FOUND"},
        "anonymous": {"NOT_FOUND"},
        "API key without a scope": {"NOT_FOUND"},
    }

    def ask(asking: str) -> tuple[str, set[str]]:
        return asking, codes(served.post(query, asking))

    with ThreadPoolExecutor(8) as pool:
        found: Iterable[tuple[str, set[str]]] = pool.map(ask, [*expected] * 20)
        assert [one for one in found if one[1] != expected[one[0]]] == []


def test_an_array_of_operations_is_refused(served: Served) -> None:
    one = {"query": "{ me { id } }"}
    response = httpx.post(
        served.url, json=[one, one], headers=served.headers("site admin"), timeout=60
    )
    assert response.status_code == 400
    assert "data" not in response.json()


def test_a_router_cannot_name_what_is_no_entity(served: Served) -> None:
    asked: list[Any] = [
        {"__typename": "Membership", "group": HIDDEN, "state": "ACTIVE", "roles": ["group_admin"]},
        {"__typename": "GroupStats", "subject_id": CLOSED, "question": None},
        {"__typename": "MemberContributionConnection", "group_id": CLOSED},
        {"__typename": "GatewayStats"},
        {"__typename": "Query", "id": "1"},
    ]
    response = served.post(
        "query ($asked: [_Any!]!) { _entities(representations: $asked) { __typename } }",
        variables={"asked": asked},
    )
    assert response.json()["data"] == {"_entities": [None] * 5}
    assert codes(response) == {"INVALID_ARGUMENT"}


def test_a_thousand_and_one_representations_are_refused_before_any_is_read(served: Served) -> None:
    asked = [{"__typename": "UserGroup", "id": str(one)} for one in range(1, 1002)]
    response = served.post(
        "query ($asked: [_Any!]!) { _entities(representations: $asked) { __typename } }",
        variables={"asked": asked},
    )
    assert response.json()["data"] is None
    assert codes(response) == {"OUT_OF_BOUNDS"}


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30, "9" * 5000])
def test_no_number_breaks_a_representation(served: Served, number: str) -> None:
    query = f"""{{ _entities(representations: [{{__typename: "UserGroup", id: {number}}}]) {{
        __typename
    }} }}"""
    response = served.post(query)
    assert codes(response) <= {"INVALID_ARGUMENT", "BAD_USER_INPUT"}
    assert codes(response)


def test_no_error_tells_of_what_it_refuses(served: Served) -> None:
    """Names, counts and members of a closed group stand nowhere in the answer."""
    for asking in ("anonymous", "not a member", "inactive group admin"):
        response = served.post(
            f"""{{
              hidden: userGroup(id: {HIDDEN}) {{ name }}
              closed: userGroup(id: {CLOSED}) {{
                classifications {{ totalCount topContributors {{ user {{ login }} }} }}
                members {{ nodes {{ login }} }} memberships {{ nodes {{ roles }} }}
              }}
            }}""",
            asking,
        )
        for secret in ("private-0", "user-1", "group_admin", "totalCount", "Traceback", ".py"):
            assert secret not in response.text


@pytest.mark.parametrize("asking", ["anonymous", "not a member", "inactive", "member"])
def test_the_rest_address_of_a_group_follows_the_same_rules(served: Served, asking: str) -> None:
    def get(group: int, **params: str) -> httpx.Response:
        url = served.url.replace("/graphql", f"/classifications/user_groups/{group}")
        return httpx.get(url, params=params, headers=served.headers(asking), timeout=60)

    unknown, hidden = get(UNKNOWN), get(HIDDEN)
    if asking == "member":
        assert hidden.json()["total_count"] == 10
    else:
        assert (hidden.status_code, unknown.status_code) == (404, 404)
        assert hidden.text.replace(str(HIDDEN), str(UNKNOWN)) == unknown.text
    assert get(CLOSED).status_code == (200 if asking == "member" else 403)
    for params in ({"top_contributors": "5"}, {"individual_stats_breakdown": "true"}):
        assert get(CLOSED, **params).status_code == 403
