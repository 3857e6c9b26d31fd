"""The same over HTTP, with real tokens and API keys, against a server process."""

from __future__ import annotations

from itertools import product

import httpx
import pytest

from gateway.rest.ckan.action import BASES
from tests.auth.signing import REFUSAL
from tests.authorization.entries import TO_GROUPS, TO_USERS, expected_errors
from tests.authorization.mission import SITE_ADMINS, Rule, exists, sees
from tests.authorization.people import ASKING, GROUPS, VOLUNTEERS
from tests.authorization.served import Served
from tests.authorization.walk import Style, steps_of
from tests.resolvers.test_golden import BROKEN_CREDENTIALS, recorded, translate

#: What a group's address is asked with, and the rule that decides.
OF_GROUPS = {
    "": Rule.AGGREGATES,
    "top_contributors=5": Rule.INDIVIDUALS,
    "individual_stats_breakdown=true": Rule.INDIVIDUALS,
}


@pytest.mark.parametrize("asking", ASKING)
def test_a_token_or_a_key_shows_what_the_mission_says(served: Served, asking: str) -> None:
    style = Style()
    # All groups in one document would cost more than a server takes.
    for kind, entry, ids in (
        ("UserGroup", TO_GROUPS["a list"], GROUPS[::2]),
        ("UserGroup", TO_GROUPS["a list"], GROUPS[1::2]),
        ("User", TO_USERS["a list"], [*VOLUNTEERS]),
    ):
        steps = steps_of(kind)
        response = served.post(style.document(entry(ids, style.selection(kind, steps))), asking)
        assert response.status_code == 200
        answer = response.json()
        assert answer["data"] is not None, answer["errors"]
        found = {tuple(one["path"]): one["extensions"]["code"] for one in answer.get("errors", [])}
        groups = ids if kind == "UserGroup" else []
        assert found == expected_errors(style, asking, steps, answer["data"], groups)


@pytest.mark.parametrize("asking", ASKING)
def test_the_addresses_beside_graphql_show_what_the_mission_says(
    served: Served, asking: str
) -> None:
    found, expected = {}, {}
    base, headers = served.url.removesuffix("/graphql"), served.headers(asking)
    with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        for group, (query, rule) in product(GROUPS, OF_GROUPS.items()):
            path = f"/classifications/user_groups/{group}?{query}"
            found[path] = client.get(path).status_code
            allowed = sees(asking, rule, group=group, user=None)
            expected[path] = 404 if not exists(asking, group) else 200 if allowed else 403
        for user in VOLUNTEERS:
            path = f"/classifications/users/{user}"
            found[path] = client.get(path).status_code
            expected[path] = 200 if sees(asking, Rule.OWN, group=None, user=user) else 403
        path = f"{BASES[0]}/get_group_count"
        days = {"start_date": "2024-01-01", "end_date": "2024-01-02"}
        found[path] = client.post(path, json=days).status_code
        expected[path] = 200 if sees(asking, Rule.GROUPS_COUNT, group=None, user=None) else 403
    assert found == expected


@pytest.mark.parametrize("asking", ASKING)
def test_times_and_numbers_of_statements_are_for_site_admins_alone(
    served: Served, asking: str
) -> None:
    headers = served.headers(asking)
    for query in ("{ me { id } }", "{ userGroupsByIds(ids: [20]) { id } }", "{ nonsense }"):
        asked = (
            httpx.get(served.url, params={"query": query}, headers=headers),
            httpx.post(served.url, json={"query": query}, headers=headers),
        )
        told = ["server-timing" in response.headers for response in asked]
        assert told == [asking in SITE_ADMINS] * 2


@pytest.mark.parametrize("asking", ["revoked API key", "expired token"])
def test_what_is_good_no_longer_is_refused_as_a_whole(served: Served, asking: str) -> None:
    for query in (
        "{ __typename }",
        "{ classifications { totalCount } }",
        "{ gatewayStats { ledgerSize } }",
    ):
        response = served.post(query, asking)
        assert response.status_code == 401
        assert response.json() == {
            "errors": [{"message": REFUSAL, "extensions": {"code": "UNAUTHENTICATED"}}]
        }


#: What ERAS's recordings sent as credentials.
BROKEN = {"bad-token": "Bearer not.a.token", "not-bearer": "Basic dTpw", "empty-bearer": "Bearer"}


def test_requests_recorded_with_broken_credentials_are_refused(served: Served) -> None:
    cases = [one for one in recorded("golden") if one["request"]["as"] in BROKEN_CREDENTIALS]
    assert len(cases) == 11
    assert {one["request"]["as"] for one in cases} == set(BROKEN)
    for case in cases:
        document, variables = translate(case["request"])
        header = BROKEN[case["request"]["as"]]
        response = served.post(document, variables=variables, authorization=header)
        assert response.status_code == 401, case["name"]
        assert "data" not in response.json()
