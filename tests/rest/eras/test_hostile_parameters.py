"""Parameters that are not what they should be are refused in a sentence, and touch nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.rest.eras.served import Gateway

CLASSIFICATIONS, COMMENTS = "/classifications", "/comments"
USER, GROUP = "/classifications/users/1003", "/classifications/user_groups/501"
DATE = "Invalid date."
PERIOD = "Invalid bucket option. Valid options for period is day, week, month, or year"
ORDER = "Can only order project contributions by recents or count. Default behavior is count"
BOTH = "Cannot query by workflow and project. Either query by one or the other"
CONTRIBUTIONS = "Cannot query for project contributions and query by project/workflow"
BREAKDOWN = (
    "Cannot query individual stats breakdown with anything else EXCEPT start_date and end_date"
)
TOP = "top_contributors must be a whole number from 0 to 5,000."


def no_id(name: str, text: str) -> str:
    return f"{name}: {text!r} is not an id, a positive number."


def twice(name: str) -> str:
    return f"{name} is given more than once."


QUOTED = "%27%20or%20%271%27%3D%271"
LARGEST = 2**63 - 1

DATES = [
    (path, f"{name}={value}", DATE)
    for path in (CLASSIFICATIONS, COMMENTS, USER, GROUP)
    for name in ("start_date", "end_date")
    for value in (
        "20230228",
        "2023-W01-1",
        "2023-02-28T00:00:00",
        f"2023-02-28{QUOTED}",
        "2023-2-8",
        "0000-01-01",
        "10000-01-01",
        "+2023-02-28",
        "2023-02-28%0a",
        "2023-02-28%00",
        # Arabic-Indic and full-width digits, which Python's own \d and int() take.
        "%D9%A2%D9%A0%D9%A2%D9%A3-02-28",
        "%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%93-02-28",
        "%ff%fe",
        "now()",
    )
]
LISTS = [
    (path, f"{name}={value}", no_id(name, decoded))
    for path, names in {
        CLASSIFICATIONS: ("project_id", "workflow_id"),
        COMMENTS: ("project_id", "user_id"),
        USER: ("project_id",),
        GROUP: ("workflow_id",),
    }.items()
    for name in names
    for value, decoded in {
        f"11{QUOTED}": "11' or '1'='1",
        "11;DROP%20TABLE%20classification": "11;DROP TABLE classification",
        "0": "0",
        "-1": "-1",
        "%2B1": "+1",
        "1.0": "1.0",
        "1e3": "1e3",
        "0x10": "0x10",
        "011": "011",
        "1_000": "1_000",
        str(LARGEST + 1): str(LARGEST + 1),
        "9" * 5000: "9" * 40 + "…",
        "%D9%A1%D9%A2": "\u0661\u0662",
        "%C2%B2": "²",
        "11,12%C2%A0": "12\u00a0",
        "11%2012": "11 12",
        "11,,": "",
        "11,,12": "",
        ",11": "",
        "11,%20,12": "",
        ",": "",
        ",,": "",
        "12%00": "12\0",
        "null": "null",
    }.items()
]
LONG = [
    (path, f"{name}={ids}", sentence)
    for path, name in ((CLASSIFICATIONS, "project_id"), (COMMENTS, "user_id"), (USER, "project_id"))
    for ids, sentence in {
        ",".join(["7"] * 1001): f"{name} has more than 1,000 ids.",
        "," * 59_000: f"{name} has more than 1,000 ids.",
        ",".join(map(str, range(1, 11_000))): f"{name} has more than 1,000 ids.",
        ",".join(map(str, range(1, 12_500))): "The query string is longer than 60,000 bytes.",
    }.items()
]
REPEATED = [
    (path, query, sentence)
    for path in (CLASSIFICATIONS, COMMENTS, USER, GROUP)
    for query, sentence in {
        "project_id=11&project_id=12": twice("project_id"),
        "period=day&period=day": twice("period"),
        "start_date=2023-01-01&x=1&start%5Fdate=2023-01-01": twice("start_date"),
        "project_id[]=11": "project_id cannot have brackets: separate ids by commas.",
        "project_id%5B0%5D=11": "project_id cannot have brackets: separate ids by commas.",
    }.items()
]
OTHERS = [
    (CLASSIFICATIONS, "period=DAY%27", PERIOD),
    (CLASSIFICATIONS, "period=wee%E2%84%AA", PERIOD),
    (COMMENTS, "period=minute", PERIOD),
    (COMMENTS, "project_id=11&workflow_id=x", BOTH),
    (USER, "order_project_contributions_by=id", ORDER),
    (USER, "order_project_contributions_by=", ORDER),
    (USER, "project_contributions=false&project_id=11", CONTRIBUTIONS),
    (USER, "project_contributions=&workflow_id=", CONTRIBUTIONS),
    (GROUP, "individual_stats_breakdown=false&period=day", BREAKDOWN),
    (GROUP, "individual_stats_breakdown=&top_contributors=3", BREAKDOWN),
    (GROUP, "top_contributors=%20", TOP),
    (GROUP, "top_contributors=-1", TOP),
    (GROUP, "top_contributors=3.5", TOP),
    (GROUP, "top_contributors=%D9%A3", TOP),
    (GROUP, "top_contributors=" + "9" * 5000, TOP),
    (GROUP, "top_contributors=5001", "top_contributors is 5001: it must be from 0 to 5000."),
    ("/classifications/users/me", "", no_id("id", "me")),
    ("/classifications/users/0", "", no_id("id", "0")),
    (f"/classifications/users/1003{QUOTED}", "", no_id("id", "1003' or '1'='1")),
    (f"/classifications/user_groups/{LARGEST + 1}", "", no_id("id", str(LARGEST + 1))),
    ("/classifications/user_groups/%D9%A5%D9%A0%D9%A1", "", no_id("id", "\u0665\u0660\u0661")),
]


@pytest.fixture(scope="module")
def untouched(gateway: Gateway) -> Iterator[Gateway]:
    before = _state(gateway)
    yield gateway
    assert _state(gateway) == before
    assert before["classifications"]["totalCount"] == 3099


def _state(gateway: Gateway) -> dict[str, dict[str, int]]:
    state: dict[str, dict[str, int]] = gateway.ask(
        "{ classifications { totalCount } comments { totalCount } gatewayStats { dataVersion } }"
    )
    return state


@pytest.mark.parametrize(
    "cases",
    [DATES, LISTS, LONG, REPEATED, OTHERS],
    ids=["dates", "lists", "long", "repeated", "others"],
)
def test_each_is_refused_with_its_sentence(
    untouched: Gateway, cases: list[tuple[str, str, str]]
) -> None:
    answers = []
    for path, query, _ in cases:
        status, body = untouched.get_as_written(f"{path}?{query}", "admin")
        answers.append((path, query[:80], status, json.loads(body)))

    assert answers == [(path, query[:80], 400, {"error": said}) for path, query, said in cases]


@pytest.mark.parametrize(
    ("path", "query", "total"),
    [
        (CLASSIFICATIONS, "start_date=2999-01-01", 0),
        (CLASSIFICATIONS, "start_date=9999-12-31&end_date=9999-12-31&period=year", 0),
        (CLASSIFICATIONS, "end_date=0001-01-01&period=week", 0),
        (CLASSIFICATIONS, "start_date=0001-01-01&end_date=9999-12-31", 3099),
        (CLASSIFICATIONS, f"project_id={LARGEST}", 0),
        (CLASSIFICATIONS, "project_id=" + ",".join(map(str, range(1, 1001))), 3099),
        (CLASSIFICATIONS, "period=WeeK&end_date=2000-01-01", 0),
        (CLASSIFICATIONS, "project_id=", 3099),
        (CLASSIFICATIONS, "user_id=x&top_contributors=x&%ff=%ff&&=&;", 3099),
        (COMMENTS, "workflow_id='&time_spent=true", 400),
        (f"/classifications/users/{LARGEST}", "time_spent=TRUE", 0),
    ],
)
def test_what_is_merely_unusual_is_answered(
    untouched: Gateway, path: str, query: str, total: int
) -> None:
    status, body = untouched.get_as_written(f"{path}?{query}", "admin")

    assert (status, json.loads(body)["total_count"]) == (200, total)


@pytest.mark.parametrize("path", [CLASSIFICATIONS, COMMENTS, USER, GROUP])
def test_a_hundred_thousand_ids_are_refused_before_they_are_read(
    untouched: Gateway, path: str
) -> None:
    ids = ",".join(map(str, range(1, 100_001)))
    status, body = untouched.get_as_written(f"{path}?project_id={ids}", "admin")

    sentence = "The request line and headers are longer than 65,536 bytes."
    coded = {"message": sentence, "extensions": {"code": "HEAD_TOO_LARGE", "limit": 65_536}}
    assert (status, json.loads(body)) == (431, {"error": sentence, "errors": [coded]})
