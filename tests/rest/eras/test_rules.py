"""What the recording does not show: order of checks, flags, empty lists, slashes, browsers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.rest.conftest import Send, one
from tests.rest.eras.served import BROKEN, Gateway
from tests.stream_events import classification, comment

GROUP, PRIVATE = "/classifications/user_groups/501", "/classifications/user_groups/505"
PATHS = ("/classifications", "/comments", "/classifications/users/1003", GROUP)


@pytest.mark.parametrize("path", PATHS)
def test_a_trailing_slash_is_answered_without_a_redirect(gateway: Gateway, path: str) -> None:
    without = gateway.get(f"{path}?period=year", "admin")
    with_slash = gateway.get(f"{path}/?period=year", "admin")

    assert with_slash.status_code == 200
    assert with_slash.json() == without.json()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", sorted(BROKEN.keys() - {"empty-bearer"}))
def test_a_credential_that_does_not_verify_is_403_on_public_data_too(
    gateway: Gateway, path: str, who: str
) -> None:
    response = gateway.get(path, who)

    assert response.status_code == 403
    assert response.json() == {"error": "The credentials are not valid."}


#: As front ends send it while nobody is signed in: no credentials, where ERAS answers.
SIGNED_OUT = ("", "Bearer", "Bearer  null", "bearer null", "Bearer null", "Bearer undefined")
SIGNED_OUT = (*SIGNED_OUT, "undefined", "null")


@pytest.mark.parametrize("authorization", SIGNED_OUT)
def test_whoever_is_signed_out_is_anonymous(gateway: Gateway, authorization: str) -> None:
    headers = {"Authorization": authorization}
    for path in (*PATHS, PRIVATE, "/classifications/user_groups/999999"):
        response, expected = gateway.client.get(path, headers=headers), gateway.get(path)
        assert (response.status_code, response.json()) == (expected.status_code, expected.json())
    assert gateway.client.get(GROUP, headers=headers).status_code == 200
    # Everywhere else these are credentials that do not verify.
    body = {"query": "{ classifications { totalCount } }"}
    assert gateway.client.post("/graphql", json=body, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "lines",
    [
        ["Bearer false"],
        ["Bearer NULL"],
        ["Bearer null null"],
        ["Token null"],
        ["Bearer,"],
        ["Bearer nullable"],
        ["Basic"],
        ["", ""],
        ["Bearer null", "Bearer undefined"],
        ["null", "Bearer no.good.token"],
    ],
)
def test_whatever_else_does_not_verify_is_refused(gateway: Gateway, lines: list[str]) -> None:
    response = gateway.client.get(GROUP, headers=[("Authorization", line) for line in lines])

    assert response.status_code == 403
    assert response.json() == {"error": "The credentials are not valid."}


def test_a_key_beside_an_authorization_without_a_token_is_still_looked_at(gateway: Gateway) -> None:
    headers = {"Authorization": "Bearer undefined", "X-CKAN-API-Key": "sgw_letmein_letmein"}

    assert gateway.client.get(GROUP, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("project_id=11,%2014", "project_id=11,14"),
        ("project_id=11,+14", "project_id=11,14"),
        ("project_id=%2011%20,%2014%20", "project_id=11,14"),
        ("project_id=11%09", "project_id=11"),
        ("project_id=11,", "project_id=11"),
        ("project_id=11,14,%20", "project_id=11,14"),
        ("workflow_id=101,", "workflow_id=101"),
        ("project_id=%20", "project_id="),
    ],
)
@pytest.mark.parametrize("path", ["/classifications", GROUP, "/classifications/users/1003"])
def test_a_list_may_have_spaces_and_a_comma_at_its_end(
    gateway: Gateway, path: str, written: str, plain: str
) -> None:
    response = gateway.get(f"{path}?{written}", "admin")

    assert response.status_code == 200
    assert response.json() == gateway.get(f"{path}?{plain}", "admin").json()


def test_a_thousand_ids_may_end_with_a_comma(gateway: Gateway) -> None:
    ids = ",".join(map(str, range(1, 1001)))
    comments = gateway.get(f"/comments?user_id={ids},")

    assert comments.json() == gateway.get(f"/comments?user_id={ids}").json()
    assert comments.status_code == 200


def test_an_empty_number_of_top_contributors_is_none_of_them(gateway: Gateway) -> None:
    response = gateway.get(f"{GROUP}?top_contributors=")

    assert response.json() == gateway.get(f"{GROUP}?top_contributors=0").json()
    assert response.json()["top_contributors"] == []


@pytest.mark.parametrize("who", ["anonymous", "bad-token", 1003, "admin"])
def test_parameters_are_checked_before_the_group_and_the_group_before_credentials(
    gateway: Gateway, who: str | int
) -> None:
    unknown = "/classifications/user_groups/999999"

    assert gateway.get(f"{unknown}?period=hour", who).status_code == 400
    assert gateway.get(unknown, who).json() == {"error": "There is no group with the id 999999."}
    assert gateway.get(unknown, who).status_code == 404


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("anonymous", "Send a token to see this group's statistics."),
        (1020, "You may not see this group's statistics."),
    ],
)
def test_refusals_say_what_may_not_be_seen(gateway: Gateway, who: str | int, sentence: str) -> None:
    response = gateway.get(PRIVATE, who)

    assert (response.status_code, response.json()) == (403, {"error": sentence})


@pytest.mark.parametrize("value", ["true", "TRUE", "tRuE"])
def test_a_flag_is_true_in_any_letter_case(gateway: Gateway, value: str) -> None:
    answer = gateway.get(f"/classifications/users/1003?time_spent={value}", 1003).json()

    assert answer.keys() == {"total_count", "time_spent"}


@pytest.mark.parametrize("value", ["false", "1", "yes", "t", "", "true%20", "tru%C3%A9"])
def test_any_other_flag_is_false(gateway: Gateway, value: str) -> None:
    answer = gateway.get(f"/classifications/users/1003?time_spent={value}", 1003).json()

    assert answer.keys() == {"total_count"}


@pytest.mark.parametrize("name", ["project_id", "workflow_id"])
def test_an_empty_list_filters_nothing_but_leaves_out_a_groups_contributions(
    gateway: Gateway, name: str
) -> None:
    whole = gateway.get(GROUP).json()
    answer = gateway.get(f"{GROUP}?{name}=").json()

    assert whole.pop("project_contributions")
    assert answer == whole


def test_a_volunteer_nobody_knows_has_done_nothing_as_a_site_admin_sees_it(
    gateway: Gateway,
) -> None:
    query = "period=day&time_spent=true&project_contributions=true"
    response = gateway.get(f"/classifications/users/424242?{query}", "admin")

    assert response.status_code == 200
    assert response.json() == {
        "total_count": 0,
        "time_spent": 0.0,
        "project_contributions": [],
        "data": [],
    }
    assert '"time_spent":0.0' in response.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_statistics_are_only_read(gateway: Gateway, method: str) -> None:
    response = gateway.client.request(method, "/classifications")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert response.json() == {"error": "This address accepts only GET requests."}


def test_head_is_get_without_a_body(gateway: Gateway) -> None:
    response = gateway.client.head("/classifications")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(gateway.get("/classifications").content))


def test_no_answer_is_kept_by_anyone(gateway: Gateway) -> None:
    headers = gateway.get(GROUP).headers

    assert headers["cache-control"] == "private, no-store"
    assert "Authorization" in headers["vary"]


@pytest.mark.parametrize("path", [*PATHS, "/counts/classification/day", "/openapi.json", "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_of_any_origin_may_ask_with_a_token(
    gateway: Gateway, path: str, method: str
) -> None:
    asks = {
        "Origin": "https://www.zooniverse.org",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = gateway.client.options(path, headers=asks)

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert method in preflight.headers["access-control-allow-methods"]
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["access-control-max-age"] == "7200"
    assert "access-control-allow-credentials" not in preflight.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/classifications", 200),
        ("/classifications?period=hour", 400),
        (PRIVATE, 403),
        ("/classifications/user_groups/999999", 404),
        ("/counts/classification/day", 308),
        ("/counts/classification/hour", 410),
    ],
)
def test_a_page_may_read_every_answer_refusals_too(
    gateway: Gateway, path: str, status: int
) -> None:
    response = gateway.client.get(path, headers={"Origin": "https://www.zooniverse.org"})

    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == "*"


def test_pages_may_not_send_events(gateway: Gateway) -> None:
    response = gateway.client.post("/kinesis", headers={"Origin": "https://www.zooniverse.org"})

    assert "access-control-allow-origin" not in response.headers


async def test_an_empty_list_of_projects_leaves_out_comments_without_one(
    send: Send, client: httpx.AsyncClient
) -> None:
    in_none: dict[str, Any] = {"user_id": 7}
    in_one: dict[str, Any] = {"user_id": 7, "project_id": 11}
    await send(
        comment(1, "2024-01-05T12:00:00Z", **in_one),
        comment(2, "2024-01-06T12:00:00Z", **in_none),
        comment(3, "2024-02-06T12:00:00Z", **in_none),
        comment(4, "2024-03-06T12:00:00Z", user_id=8, project_id=12),
    )

    async def ask(query: str) -> Any:
        return (await client.get(f"/comments?period=month&{query}")).json()

    january = {"period": "2024-01-01T00:00:00.000Z", "count": 1}
    march = {"period": "2024-03-01T00:00:00.000Z", "count": 1}
    assert (await ask(""))["total_count"] == 4
    assert await ask("project_id=") == {"total_count": 2, "data": [january, march]}
    assert await ask("project_id=&user_id=7") == {"total_count": 1, "data": [january]}
    assert (await ask("user_id="))["total_count"] == 4


async def test_contributions_without_a_project_have_none(
    send: Send, client: httpx.AsyncClient, token: str
) -> None:
    outside = classification(1, "2024-02-29T12:00:00Z", user=7, workflow=101)
    assert (await send(outside, one(2), one(3))).status_code == 204
    path = "/classifications/users/7?project_contributions=true"
    response = await client.get(path, headers={"Authorization": f"Bearer {token}"})

    assert response.json()["project_contributions"] == [
        {"project_id": 11, "count": 2},
        {"project_id": None, "count": 1},
    ]
