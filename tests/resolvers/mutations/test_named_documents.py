"""A mutation that is named instead of sent: a trusted document, or one that a client registered."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.db import Database
from tests.graphql.copies import PRIVATE, URL
from tests.resolvers.mutations.village import CREATED, Village, mutation, village

JOIN = mutation("joinUserGroup", "changed userGroup { memberCount }")
TRUSTED: dict[str, Any] = {"documentId": "join"}
REGISTERED: dict[str, Any] = {
    "extensions": {
        "persistedQuery": {"version": 1, "sha256Hash": sha256(JOIN.encode()).hexdigest()}
    }
}
COUNT = "{ userGroup(id: %s) { memberCount } }"


@pytest.fixture
def manifest(tmp_path: Path) -> dict[str, Any]:
    """The setting of a manifest with one mutation."""
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"join": JOIN}))
    return {"trusted_documents_file": str(file)}


async def sent(people: Village, who: str, body: Any) -> httpx.Response:
    return await people.client.post(URL, json=body, headers=people.headers[who])


def changed(answer: Any) -> bool:
    assert "errors" not in answer, answer
    payload = answer["data"]["joinUserGroup"]
    assert payload["userErrors"] == []
    return bool(payload["changed"])


async def sent_by_get(
    people: Village, who: str, body: dict[str, Any], accept: str
) -> httpx.Response:
    parameters = {
        key: part if isinstance(part, str) else json.dumps(part) for key, part in body.items()
    }
    headers = people.headers[who] | {"accept": accept}
    return await people.client.get(URL, params=parameters, headers=headers)


@pytest.mark.parametrize("named", [TRUSTED, REGISTERED], ids=["trusted", "registered"])
async def test_a_named_mutation_runs_by_post_each_time(
    stored: Database,
    database_url: str,
    tmp_path: Path,
    manifest: dict[str, Any],
    named: dict[str, Any],
) -> None:
    async with village(stored, database_url, tmp_path, **manifest) as people:
        group, token = await people.create()
        body = {**named, "variables": {"input": {"id": group, "joinToken": token}}}
        if named is REGISTERED:
            unknown = (await sent(people, "ben", body)).json()
            assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
            assert changed((await sent(people, "ben", {"query": JOIN, **body})).json())
        else:
            assert changed((await sent(people, "ben", body)).json())
        # The document is shared, and neither the viewer nor the answer.
        second = await sent(people, "cleo", body)
        assert changed(second.json())
        assert second.json()["data"]["joinUserGroup"]["userGroup"]["memberCount"] == 3
        assert second.headers["cache-control"].startswith(PRIVATE)
        assert not changed((await sent(people, "cleo", body)).json())
        batch = await sent(people, "dan", [body, body, {"query": COUNT % group}])
        assert [changed(one) for one in batch.json()[:2]] == [True, False]
        assert batch.json()[2]["data"]["userGroup"]["memberCount"] == 4


@pytest.mark.parametrize("named", [TRUSTED, REGISTERED], ids=["trusted", "registered"])
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_named_mutation_is_refused_by_get(
    stored: Database,
    database_url: str,
    tmp_path: Path,
    manifest: dict[str, Any],
    named: dict[str, Any],
    accept: str,
) -> None:
    async with village(stored, database_url, tmp_path, **manifest) as people:
        group, token = await people.create("ada", "dan")
        body = {**named, "variables": {"input": {"id": group, "joinToken": token}}}
        # Known to the gateway: somebody has sent it with its hash.
        await sent(people, "dan", {"query": JOIN, **REGISTERED, "variables": body["variables"]})
        for who in ("ben", "nobody"):
            refused = await sent_by_get(people, who, body, accept)
            assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
            assert refused.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
            assert token not in refused.text
        assert (await people.ask("dan", COUNT % group))["userGroup"]["memberCount"] == 2


async def test_where_only_trusted_documents_run_no_other_mutation_does(
    stored: Database, database_url: str, tmp_path: Path
) -> None:
    create = mutation("createUserGroup", CREATED)
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"join": JOIN, "create": create}))
    only = {"trusted_documents_file": str(file), "trusted_documents_only": True}
    async with village(stored, database_url, tmp_path, **only) as people:
        group, token = await people.create()
        leave = mutation("leaveUserGroup")
        refused = await people.post("ada", leave, input={"id": group})
        assert refused.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"

        body = {"query": f"{JOIN} ", "variables": {"input": {"id": group, "joinToken": token}}}
        assert "data" not in (await sent(people, "ben", body)).json()
        assert changed((await sent(people, "ben", {**body, "query": JOIN})).json())
