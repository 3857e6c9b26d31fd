"""Certificates over HTTP, on 2026-06-01: issuing, looking up by anybody, revoking, erasing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.erase_user import erase_user
from tests.certificates_of import code_of
from tests.events_of import classification, store
from tests.graphql.copies import URL
from tests.resolvers.mutations.village import Village, mutation

FIELDS = """code login displayName projectName project { id } start end totalCount timeSpent
    projectCount issuedAt figuresChanged"""
LOOK_UP = f"query($code: String!) {{ certificate(code: $code) {{ {FIELDS} }} }}"
OWN = "{ me { certificates { code figuresChanged } } }"
SECRET = "private, no-store, no-transform"


def told(response: httpx.Response) -> Any:
    """All that a response tells, but for its number and the time."""
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in ("x-request-id", "date", "server-timing")
    }
    return response.status_code, headers, response.content


async def issue(people: Village, who: str = "ada", **given: Any) -> dict[str, Any]:
    made = await people.do(who, "issueCertificate", f"certificate {{ {FIELDS} }}", **given)
    found: dict[str, Any] = made["certificate"]
    return found


async def test_whoever_has_the_code_sees_what_was_issued(people: Village, stored: Database) -> None:
    await store(
        stored,
        classification(1, "2026-05-31T09:00", project=11),
        classification(2, "2026-06-01T09:00", project=12),
    )
    made = await issue(people, range={"start": "2026-05-01", "end": "2026-12-31"})
    assert made | {"code": "", "issuedAt": ""} == {
        "code": "",
        "login": "ada",
        "displayName": "Ada",
        "projectName": None,
        "project": None,
        "start": "2026-05-01",
        "end": "2026-06-01",
        "totalCount": 2,
        "timeSpent": 7200.0,
        "projectCount": 2,
        "issuedAt": "",
        "figuresChanged": False,
    }
    assert made["issuedAt"].startswith("2026-06-01T12:00")
    of_one = await issue(people, projectId="11")
    assert (of_one["project"], of_one["totalCount"], of_one["start"]) == ({"id": "11"}, 1, None)
    typed = " ".join(made["code"][place:][:4] for place in range(0, 32, 4)).upper()
    for who in ("nobody", "ada", "ben", "site"):
        for code in (made["code"], typed):
            assert await people.ask(who, LOOK_UP, code=code) == {"certificate": made}
    assert [one["code"] for one in (await people.ask("ada", OWN))["me"]["certificates"]] == [
        of_one["code"],
        made["code"],
    ]


async def test_it_says_when_other_figures_are_counted_today(
    people: Village, stored: Database
) -> None:
    await store(stored, classification(1, "2026-05-31T09:00", project=11))
    may = await issue(people, range={"end": "2026-05-31"})
    cats = await issue(people, projectId="11")

    async def changed() -> list[bool]:
        found = [await people.ask("nobody", LOOK_UP, code=one["code"]) for one in (may, cats)]
        assert [one["certificate"]["totalCount"] for one in found] == [1, 1]
        return [one["certificate"]["figuresChanged"] for one in found]

    # Of other days, another project or another volunteer.
    await store(
        stored,
        classification(2, "2026-06-01T09:00", project=12),
        classification(3, "2026-05-31T09:00", project=11, user=2),
        classification(4, "2026-06-02T09:00", project=11),
    )
    assert await changed() == [False, False]
    await store(stored, classification(5, "2026-06-01T09:00", project=11))
    assert await changed() == [False, True]
    # A copy of the first event: as many classifications, with less time.
    await store(stored, classification(1, "2026-05-31T09:00", project=11, session_ms=1, updated=1))
    assert await changed() == [True, True]
    own = (await people.ask("ada", OWN))["me"]["certificates"]
    assert [one["figuresChanged"] for one in own] == [True, True]


async def test_unknown_revoked_and_erased_look_alike(people: Village, stored: Database) -> None:
    """In status, headers and body, by POST, GET and in a batch, with a token and without."""
    revoked, erased = (await issue(people))["code"], (await issue(people, "ben"))["code"]
    await people.do("ada", "revokeCertificate", code=revoked)

    def erase(connection: Connection) -> None:
        erase_user(connection, 2)

    await stored.write(erase)
    for who in ("nobody", "cleo", "site"):
        headers = people.headers[who]
        seen = []
        for code in (code_of(7), revoked, erased):
            body = {"query": LOOK_UP, "variables": {"code": code}}
            asked = f'{{ certificate(code: "{code}") {{ code }} }}'
            seen.append(
                [
                    told(await people.client.post(URL, json=body, headers=headers)),
                    told(await people.client.post(URL, json=[body, body], headers=headers)),
                    told(await people.client.get(URL, params={"query": asked}, headers=headers)),
                ]
            )
        assert seen[0] == seen[1] == seen[2]
        for status, answered, _ in seen[0]:
            assert (status, answered["cache-control"]) == (200, SECRET)
            assert "etag" not in answered
        answers = [
            await people.answer(who, mutation("revokeCertificate"), input={"code": code})
            for code in (code_of(7), revoked, erased)
        ]
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["data"] == {"revokeCertificate": None}


async def test_no_cache_stores_a_certificate(people: Village) -> None:
    made = await issue(people)
    for who, query in (("nobody", LOOK_UP), ("ada", OWN)):
        response = await people.post(who, query, code=made["code"])
        assert made["code"] in response.text
        assert response.headers["cache-control"] == SECRET
    # What was read for the volunteer is nobody else's.
    assert "errors" in await people.answer("ben", "{ user(id: 1) { certificates { code } } }")


async def test_what_is_revoked_is_gone_from_the_volunteers_list(people: Village) -> None:
    kept, gone = await issue(people), await issue(people)
    fields = "changed user { login certificates { code } }"
    done = await people.do("ada", "revokeCertificate", fields, code=gone["code"])
    assert done == {
        "changed": True,
        "user": {"login": "ada", "certificates": [{"code": kept["code"]}]},
    }
    assert await people.error("ben", "revokeCertificate", code=kept["code"]) == "NOT_FOUND"
    assert await people.error("nobody", "issueCertificate") == "UNAUTHENTICATED"
    done = await people.do("site", "revokeCertificate", fields, code=kept["code"])
    assert done["user"] == {"login": "ada", "certificates": []}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"range": {"start": "2026-06-02"}}, "INVALID_ARGUMENT"),
        ({"range": {"start": "2026-05-02", "end": "2026-05-01"}}, "INVALID_RANGE"),
        ({"projectId": "x"}, "INVALID_ARGUMENT"),
    ],
)
async def test_what_cannot_be_certified(people: Village, given: dict[str, Any], code: str) -> None:
    assert await people.error("ada", "issueCertificate", **given) == code
    assert (await people.ask("ada", OWN))["me"]["certificates"] == []
