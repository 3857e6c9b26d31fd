"""Every answer recorded from ERAS, over HTTP; what differs on purpose says so in the recording."""

from __future__ import annotations

from typing import Any

import httpx

from tests.rest.eras.served import Gateway, recorded


def test_all_recorded_requests_are_answered_as_recorded(gateway: Gateway) -> None:
    cases = recorded("golden")
    found = [(case["name"], _difference(gateway, case)) for case in cases]

    assert len(cases) == 1169
    assert [one for one in found if one[1]] == []


def _difference(gateway: Gateway, case: dict[str, Any]) -> str | None:
    request, expected = case["request"], case["expected"]
    assert request["method"] == "GET"
    response = gateway.get(request["path"], request["as"], params=request["params"])
    same = response.status_code == expected["status"] and _is(response, expected["body"])
    return None if same else f"{response.status_code} {response.text} instead of {expected}"


def _is(response: httpx.Response, body: dict[str, Any] | None) -> bool:
    if body is None:
        answer = response.json()
        return answer.keys() == {"error"} and answer["error"].strip(".").count(".") == 0
    answer = response.json()
    return bool(answer == body) and [*answer] == [*body]
