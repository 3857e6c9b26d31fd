"""Sends the request of a case, and compares what comes with what is expected."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from tests.jsonapi_contract.case import ABSENT, ANY, CURRENT, Case, Expected, Length, Like
from tests.jsonapi_contract.worlds import World


def filled(value: Any, names: dict[str, object]) -> Any:
    """A value with what its texts name in braces."""
    if isinstance(value, str):
        for name, one in names.items():
            value = value.replace(f"{{{name}}}", str(one))
        return value
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, frozenset):
        return frozenset(filled(one, names) for one in value)
    return Like(filled(value.pattern, names)) if isinstance(value, Like) else value


def send(case: Case, world: World, names: dict[str, object]) -> httpx.Response:
    path = filled(case.path, names)
    headers = dict(case.headers)
    for name, sent in headers.items():
        if sent is not None and CURRENT in sent:
            resource, record_id = path.partition("?")[0].strip("/").split("/")[:2]
            headers[name] = sent.replace(CURRENT, world.etag(resource, record_id))
    body = filled(case.body, names)
    unknown = re.findall(r"\{[a-z_]+\}", f"{path} {json.dumps(body, default=str)} {headers}")
    assert unknown == [], "A text of the case names what no world has."
    return world.side.ask(case.method, path, world.tokens[case.who], body, **headers)


def check(
    expected: Expected, answer: httpx.Response, world: World, names: dict[str, object]
) -> None:
    told = f"{answer.status_code} {answer.text}"
    statuses = expected.status if isinstance(expected.status, tuple) else (expected.status,)
    assert answer.status_code in statuses, told
    if answer.status_code in {204, 304} or answer.request.method == "HEAD":
        assert answer.content == b""
    check_form(answer)
    if expected.message is not None:
        messages = [one["message"] for one in answer.json()["errors"]]
        assert messages == [filled(expected.message, names)]
    body = answer.json() if expected.fields else None
    for path, wanted in expected.fields.items():
        _compare(at(body, path.split(".")), filled(wanted, names), f"{path}: {told}")
    for name, pattern in expected.headers.items():
        value = answer.headers.get(name, "")
        assert re.search(filled(pattern, names), value), f"{name}: {value!r}"
    for who, wanted in expected.then.items():
        assert world.standing(who) == wanted, who


def check_form(answer: httpx.Response) -> None:
    """What holds for every answer: one error with a sentence, or records whose ids are texts."""
    told = f"{answer.status_code} {answer.text}"
    # The JS client repeats a request for ever that is answered with this.
    assert answer.status_code != 408
    if not answer.content or "json" not in answer.headers["content-type"]:
        assert answer.status_code != 200 or answer.request.method in {"HEAD", "OPTIONS"}, told
        return
    body = answer.json()
    if answer.status_code >= 400:
        (error,) = body["errors"]
        assert body.keys() == {"errors"}, told
        assert isinstance(error["message"], str), told
        assert error["message"], told
        return
    for resource, records in [*body.items(), *body.get("linked", {}).items()]:
        if resource in {"links", "meta", "linked"}:
            continue
        for record in records:
            links = record["links"].values()
            ids = [one for link in links for one in (link if isinstance(link, list) else [link])]
            assert {type(one) for one in (record["id"], *ids)} == {str}, told
            assert record["href"] == f"/{resource}/{record['id']}", told


def at(value: Any, steps: list[str]) -> Any:
    """What stands there; the step ``*`` makes a list of what all items have."""
    for place, step in enumerate(steps):
        if step == "*":
            return [at(one, steps[place + 1 :]) for one in value]
        if isinstance(value, list):
            if not step.isdecimal() or int(step) >= len(value):
                return ABSENT
            value = value[int(step)]
        elif not isinstance(value, dict) or step not in value:
            return ABSENT
        else:
            value = value[step]
    return value


def _compare(value: Any, wanted: Any, told: str) -> None:
    if wanted is ANY:
        assert value is not ABSENT, told
    elif isinstance(wanted, Length):
        assert isinstance(value, list), told
        assert len(value) == wanted.of, told
    elif isinstance(wanted, Like):
        assert isinstance(value, str), told
        assert re.fullmatch(wanted.pattern, value), told
    elif isinstance(wanted, frozenset):
        assert isinstance(value, list), told
        assert frozenset(value) == wanted, told
        assert len(value) == len(wanted), told
    else:
        assert value == wanted, told
