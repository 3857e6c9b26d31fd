"""The CKAN action over real HTTP, driven by CKAN's own client and by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ckanapi
import httpx
import pytest

from gateway.stats.group_counts import GroupField
from tests.server import Server, environment, run_command, serving

#: What a group's record says of each field, as the action names it.
ALPHA = {
    "id": 1,
    "name": "alpha",
    "title": "Alpha of EDX",
    "description": "What it is about.",
    "created": "2024-01-01T00:00:00Z",
    "last_modified": "2025-05-05T00:00:00Z",
    "state": "active",
    "revision_id": "c0ffee-1",
    "type": "organization",
    "approval_status": "approved",
    "image_url": "https://example.org/alpha.png",
    "owner_id": "decade-2",
    "landing_page": "https://example.org/alpha",
    "group_reviewed": True,
    "open_access": False,
    "netl_only": True,
    "project_number": "FE-0042",
}
GROUPS = {
    "user_groups": [
        {"display_name" if name == "title" else name: value for name, value in ALPHA.items()},
        {"id": 2, "name": "beta", "created": "2024-03-01T00:00:00Z", "state": "active"},
        {"id": 3, "name": "gamma", "created": "2024-03-02T00:00:00Z", "state": "deleted"},
    ]
}
RANGE = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
PATH = "/api/3/action/get_group_count"


class Served:
    """A server with groups, a key that may count them and one that may not."""

    def __init__(self, server: Server, key: str, other: str) -> None:
        self.url, self.key, self.other = server.url.removesuffix("/graphql"), key, other

    def post(self, body: Any, **headers: str) -> httpx.Response:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = headers or {"X-CKAN-API-Key": self.key}
        return httpx.post(
            self.url + PATH,
            content=sent,
            headers={"Content-Type": "application/json", **given},
            timeout=60,
        )

    def counted(self, *query: object, **dates: str) -> int:
        response = self.post({"query": list(query), **RANGE, **dates})
        assert response.status_code == 200, response.text
        answer = response.json()
        assert answer["success"] is True
        assert answer["help"].endswith("/api/3/action/help_show?name=get_group_count")
        found: int = answer["result"]["count"]
        return found

    def refused(self, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        response = self.post(body, **headers)
        answer = response.json()
        assert answer["success"] is False
        error: dict[str, Any] = answer["error"]
        return response.status_code, error


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("ckan")
    (folder / "groups.json").write_text(json.dumps(GROUPS))
    run(folder, "directory", "load", str(folder / "groups.json"))
    key, other = (
        run(folder, "apikey", "create", "--name", scope, "--scope", scope).strip()
        for scope in ("groups:count", "stats:read")
    )
    with serving(folder) as server:
        yield Served(server, key, other)


def run(folder: Path, *words: str) -> str:
    done = run_command(words, environment(folder, {}))
    done.check_returncode()
    return done.stdout


def group(*conditions: dict[str, object]) -> dict[str, object]:
    return {"query_group": list(conditions)}


def test_ckans_own_client_counts_groups(served: Served) -> None:
    ckan = ckanapi.RemoteCKAN(served.url, apikey=served.key)
    query = [group({"name": "alpha"}, {"name": "beta"}), group({"state": "active"})]
    assert ckan.action.get_group_count(query=query, **RANGE) == {"count": 2}
    with pytest.raises(ckanapi.ValidationError) as wrong:
        ckan.action.get_group_count(query=[group({"test": 1})], **RANGE)
    assert wrong.value.error_dict["query"] == 'Field "test" not recognized in group table.'
    with pytest.raises(ckanapi.NotAuthorized):
        ckanapi.RemoteCKAN(served.url).action.get_group_count(query=query, **RANGE)


def test_conditions_and_dates_narrow_the_count(served: Served) -> None:
    assert served.counted() == 3
    assert served.counted(end_date="2024-03-01") == 2
    assert served.counted(start_date="2024-03-02", end_date="2024-03-02") == 1
    assert served.counted(group({"name": "a%", "operator": "like"})) == 1
    assert served.counted(group({"id": 1, "operator": ">"})) == 2
    assert served.counted(group({"state": "active", "operator": "!"})) == 1
    assert served.counted(group({"created": "2024-03-01", "operator": "<="})) == 2
    assert served.counted(date_field="last_modified") == 0


@pytest.mark.parametrize("field", [field.value for field in GroupField])
def test_every_field_of_a_record_can_be_asked_for(served: Served, field: str) -> None:
    key = "display_name" if field == "title" else field
    same = sum(one.get(key) == ALPHA[field] for one in GROUPS["user_groups"])
    assert served.counted(group({field: ALPHA[field]})) == same
    assert served.counted(group({field: ALPHA[field], "operator": "!"})) == 3 - same
    # The same by GraphQL.
    value = str(ALPHA[field]).lower() if isinstance(ALPHA[field], bool) else str(ALPHA[field])
    query = """query ($where: [GroupAlternatives!]) {
      userGroupCounts(where: $where, range: { start: "2024-01-01", end: "2024-12-31" }) {
        totalCount
      }
    }"""
    where = [{"any": [{"field": field.upper(), "value": value}]}]
    response = httpx.post(
        served.url + "/graphql",
        json={"query": query, "variables": {"where": where}},
        headers={"Authorization": served.key},
    )
    assert response.json() == {"data": {"userGroupCounts": {"totalCount": same}}}


@pytest.mark.parametrize(
    ("operator", "count"), [("<", 1), (">", 1), ("<=", 2), (">=", 2), ("!", 2), ("=", 1)]
)
@pytest.mark.parametrize(
    ("field", "value"), [("name", "beta"), ("id", 2), ("created", "2024-03-01T00:00:00Z")]
)
def test_operators_compare_texts_numbers_and_times(
    served: Served, field: str, value: object, operator: str, count: int
) -> None:
    assert served.counted(group({field: value, "operator": operator})) == count


@pytest.mark.parametrize("header", ["X-CKAN-API-Key", "EDX-API-Key", "Authorization"])
def test_the_key_is_taken_from_each_of_ckans_headers(served: Served, header: str) -> None:
    assert served.post(RANGE, **{header: served.key}).status_code == 200


def test_others_are_refused_before_their_body_is_looked_at(served: Served) -> None:
    unknown = f"{served.key[:-4]}0000"
    for headers in (
        {"X-Nothing": "1"},
        {"X-CKAN-API-Key": unknown},
        {"Authorization": "Basic eDp5"},
    ):
        status, error = served.refused(b"no json", **headers)
        assert (status, error["__type"]) == (403, "Authorization Error")
        assert set(error) == {"message", "__type"}


def test_a_key_that_reads_all_statistics_counts_groups_as_well(served: Served) -> None:
    assert served.post(RANGE, **{"X-CKAN-API-Key": served.other}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"query": [group({"test": 1})]}, "query", 'Field "test" not recognized in group table.'),
        ({"query": "name"}, "query", "query must be a list of query groups."),
        ({"query": [{}]}, "query", 'Each item of query must be {"query_group": [condition, …]}.'),
        (
            {"query": [group()]},
            "query",
            'Each item of query must be {"query_group": [condition, …]}.',
        ),
        (
            {"query": [group({"name": "a", "id": 1})]},
            "query",
            'A condition must be {field: value, "operator": operator}.',
        ),
        (
            {"query": [group({"name": "a", "operator": "~"})]},
            "query",
            "operator must be one of =, !, <, >, <=, >=, like.",
        ),
        (
            {"query": [group({"name": ["a"]})]},
            "query",
            "name must be text of at most 1,000 characters.",
        ),
        ({"query": [group({"name": "a", "operator": {}})]}, "query", None),
        ({"query": [group({"id": 2**70})]}, "query", None),
        ({"query": [group({"created": "x' OR '1'='1"})]}, "query", None),
        ({"start_date": None}, "start_date", "start_date is missing."),
        (
            {"end_date": "20241231"},
            "end_date",
            "end_date: '20241231' is not a valid date (YYYY-MM-DD).",
        ),
        ({"end_date": "9999-12-31"}, "end_date", "end_date is 9999-12-31, which is in the future."),
        (
            {"start_date": "2025-01-01"},
            "start_date",
            "start_date is 2025-01-01, which is after end_date, 2024-12-31.",
        ),
        ({"date_field": "deleted"}, "date_field", "date_field must be created or last_modified."),
        ({"date_field": []}, "date_field", "date_field must be created or last_modified."),
    ],
)
def test_what_is_wrong_is_told_as_a_validation_error_of_its_field(
    served: Served, change: dict[str, Any], field: str, message: str | None
) -> None:
    status, error = served.refused(RANGE | change)
    assert (status, error["__type"], set(error)) == (409, "Validation Error", {field, "__type"})
    assert error[field] == message or (message is None and error[field])


@pytest.mark.parametrize("like", [{}, {"operator": "like"}], ids=["equal", "like"])
@pytest.mark.parametrize("alternatives", [True, False], ids=["any of", "all of"])
def test_as_many_conditions_as_are_taken_are_counted(
    served: Served, like: dict[str, object], alternatives: bool
) -> None:
    def query(most: int) -> list[dict[str, object]]:
        conditions = [{"name": "alpha", **like} for _ in range(most)]
        return [group(*conditions)] if alternatives else [group(one) for one in conditions]

    assert served.counted(*query(500)) == 1
    status, error = served.refused(RANGE | {"query": query(501)})
    assert (status, error["query"]) == (409, "query has more than 500 conditions.")


def test_quotes_in_a_value_are_but_quotes(served: Served) -> None:
    assert served.counted(group({"name": "x' OR '1'='1"})) == 0


def test_ckans_own_client_counts_groups_by_get(served: Served) -> None:
    ckan = ckanapi.RemoteCKAN(served.url, apikey=served.key, get_only=True)
    assert ckan.action.get_group_count(**RANGE) == {"count": 3}
    query = json.dumps([group({"name": "alpha"}, {"name": "beta"}), group({"state": "active"})])
    assert ckan.action.get_group_count(query=query, **RANGE) == {"count": 2}
    with pytest.raises(ckanapi.ValidationError) as wrong:
        ckan.action.get_group_count(query="[", **RANGE)
    assert wrong.value.error_dict["query"].startswith("query is not JSON: ")
    with pytest.raises(ckanapi.ValidationError) as missing:
        ckan.action.get_group_count(start_date="2024-01-01")
    assert missing.value.error_dict["end_date"] == "end_date is missing."
    with pytest.raises(ckanapi.NotAuthorized):
        ckanapi.RemoteCKAN(served.url, get_only=True).action.get_group_count(**RANGE)


@pytest.mark.parametrize("get_only", [True, False])
def test_the_help_of_an_answer_leads_to_what_the_action_is(served: Served, get_only: bool) -> None:
    response = httpx.get(served.post(RANGE).json()["help"])
    answer = response.json()
    assert (response.status_code, answer["success"]) == (200, True)
    assert answer["help"].endswith("/api/3/action/help_show?name=help_show")
    assert answer["result"].startswith("Count the groups whose date lies in a range.")
    ckan = ckanapi.RemoteCKAN(served.url, get_only=get_only)
    assert ckan.action.help_show(name="get_group_count") == answer["result"]
    with pytest.raises(ckanapi.NotFound):
        ckan.action.help_show(name="package_list")
    with pytest.raises(ckanapi.ValidationError):
        ckan.action.help_show()
    with pytest.raises(ckanapi.NotFound):
        ckan.action.package_list()


@pytest.mark.parametrize("proto", ["https", "HTTPS", "https, http"])
def test_behind_tls_the_help_is_no_link_to_plain_http(served: Served, proto: str) -> None:
    headers = {"X-CKAN-API-Key": served.key, "X-Forwarded-Proto": proto}
    for response in (served.post(RANGE, **headers), served.post({}, **headers)):
        assert response.json()["help"] == (
            served.url.replace("http://", "https://")
            + "/api/3/action/help_show?name=get_group_count"
        )


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "kind", "code"),
    [
        ("GET", "/api/3/action/package_list", {}, 404, "Not Found Error", "NOT_FOUND"),
        ("POST", "/api/action/x", {"json": {}}, 404, "Not Found Error", "NOT_FOUND"),
        ("GET", "/api/3/action/help_show?name=x", {}, 404, "Not Found Error", "NOT_FOUND"),
        ("PUT", PATH, {"json": {}}, 405, "Method Not Allowed Error", "METHOD_NOT_ALLOWED"),
        ("DELETE", f"{PATH}/", {}, 405, "Method Not Allowed Error", "METHOD_NOT_ALLOWED"),
        (
            "POST",
            PATH,
            {"data": {"start_date": "2024-01-01"}},
            415,
            "Unsupported Media Type Error",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ("POST", PATH, {"content": b"["}, 400, "Bad Request Error", "BAD_REQUEST"),
    ],
)
def test_whatever_is_refused_has_ckans_shape_and_may_be_read_by_pages(
    served: Served,
    method: str,
    path: str,
    options: dict[str, Any],
    status: int,
    kind: str,
    code: str,
) -> None:
    headers = {"X-CKAN-API-Key": served.key, "Origin": "https://edx.example"}
    response = httpx.request(method, served.url + path, headers=headers, **options)
    answer = response.json()
    assert (response.status_code, answer["success"]) == (status, False)
    assert answer["error"]["__type"] == kind
    assert answer["error"]["message"]
    assert "/api/3/action/help_show?name=" in answer["help"]
    assert answer["errors"][0]["extensions"]["code"] == code
    assert response.headers["access-control-allow-origin"] == "*"
    assert ("allow" in response.headers) is (status == 405)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"start_date": NaN}'])
def test_a_body_that_is_no_object_is_a_bad_request(served: Served, body: bytes) -> None:
    response = served.post(body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
