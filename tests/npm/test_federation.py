"""The gateway in a federated graph, behind the routers of two makers."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from graphql import (
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    build_schema,
    parse,
    print_ast,
)

from gateway.auth.keys import read_private_key
from gateway.auth.tokens import issue_token
from tests.demo import Demo
from tests.docs.markdown import blocks
from tests.npm.supergraph import DOCUMENT, ROUTERS, Router, Supergraph, federated, refused

#: Volunteers of the demo: two members of both groups.
MEMBER, OTHER_MEMBER = 1631617, 1857920

#: What a router gathers from both: from our viewer to their field, from their list to our
#: statistics, and a field of each rule that guards one.
EVERYTHING = """{
  me {
    id
    classifications { totalCount }
    memberships { nodes { roles } }
    favouriteProject { id slug }
  }
  fans(project: 3) {
    id
    login
    comments { totalCount }
    classifications { totalCount }
    memberships { nodes { roles } }
  }
  userGroup(id: 1) {
    displayName
    viewerMembership { roles user { id favouriteProject { id slug } } }
    classifications {
      totalCount
      topContributors(first: 40) { count user { id favouriteProject { id slug } } }
    }
    members(first: 100) { nodes { login favouriteProject { id slug } } }
    memberships(first: 1) { nodes { state user { login } } }
  }
  gatewayStats { ledgerSize }
  userGroupCounts(range: { start: "2020-01-01", end: "2020-12-31" }) { totalCount }
}"""
#: The same of the gateway alone.
OURS = re.sub(r"favouriteProject \{.*?\}", "", EVERYTHING).replace(
    "fans(project: 3)", f"fans: usersByIds(ids: [{MEMBER}])"
)

FAN = {"fans.classifications", "fans.memberships"}
INDIVIDUALS = {"userGroup.members", "userGroup.memberships"}
TOP = "userGroup.classifications.topContributors"
SITE = {"gatewayStats", "userGroupCounts"}
#: What each is refused; the fan is the member.
REFUSED = {
    "anonymous": ({*FAN, *INDIVIDUALS, *SITE, "userGroup.classifications"}, "UNAUTHENTICATED"),
    "member": ({*INDIVIDUALS, TOP, *SITE}, "FORBIDDEN"),
    "other member": ({*FAN, *INDIVIDUALS, TOP, *SITE}, "FORBIDDEN"),
    "admin": ({*FAN, *SITE}, "FORBIDDEN"),
    "site-admin": (set[str](), ""),
}


@pytest.fixture(scope="module")
def supergraph(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supergraph]:
    with federated(demo, tmp_path_factory.mktemp("supergraph")) as supergraph:
        yield supergraph


@pytest.fixture(params=ROUTERS)
def router(request: pytest.FixtureRequest, supergraph: Supergraph) -> Router:
    return supergraph.routers[request.param]


@pytest.fixture(scope="module")
def tokens(demo: Demo) -> dict[str, str | None]:
    """A token for each who asks."""
    key = read_private_key(demo.server.log.parent / ".demo" / "private.pem")
    expires = datetime.now(UTC) + timedelta(hours=1)
    other = issue_token(key, OTHER_MEMBER, None, None, False, expires)
    return {"anonymous": None, "other member": other, **demo.tokens}


@pytest.mark.parametrize("name", ["User", "UserGroup", "Project", "Workflow"])
def test_an_entity_is_composed_under_its_id(supergraph: Supergraph, name: str) -> None:
    (entity,) = (
        definition
        for definition in parse(supergraph.sdl).definitions
        if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == name
    )
    assert '@join__type(graph: STATS, key: "id")' in map(print_ast, entity.directives)


def test_what_is_live_is_composed_as_a_root(supergraph: Supergraph) -> None:
    composed = build_schema(supergraph.sdl, assume_valid_sdl=True)
    assert composed.subscription_type is not None
    live = composed.subscription_type.fields["live"]
    assert str(live.type) == "Query!"
    assert live.ast_node is not None
    assert "@cost(weight: 0)" in map(print_ast, live.ast_node.directives or ())


def test_another_subgraph_adds_a_field_to_our_entity(supergraph: Supergraph) -> None:
    fields = {
        node.name.value: print_ast(node)
        for definition in parse(supergraph.sdl).definitions
        if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == "User"
        for node in definition.fields
        if isinstance(node, FieldDefinitionNode)
    }
    assert "@join__field(graph: FAVOURITES)" in fields["favouriteProject"]
    assert "@join__field(graph: STATS)" in fields["classifications"]


def test_the_documents_operation_is_answered_as_shown(
    router: Router, tokens: dict[str, str | None]
) -> None:
    (asked,) = [block for block in blocks(DOCUMENT) if block.note.startswith("as=")]
    (shown,) = [block for block in blocks(DOCUMENT) if block.language == "json"]
    body = json.loads(shlex.split(asked.text)[-1])

    assert router.ask(body["query"], tokens[asked.note.removeprefix("as=")]) == json.loads(
        shown.text
    )


@pytest.mark.parametrize("role", REFUSED)
def test_behind_a_router_everybody_is_refused_the_same(
    router: Router, tokens: dict[str, str | None], role: str
) -> None:
    fields, code = REFUSED[role]

    assert refused(router.ask(EVERYTHING, tokens[role])) == dict.fromkeys(fields, code)


@pytest.mark.parametrize("role", REFUSED)
def test_behind_a_router_everybody_sees_the_same(
    router: Router, demo: Demo, tokens: dict[str, str | None], role: str
) -> None:
    alone = Router(demo.server.url).ask(OURS, tokens[role])["data"]

    assert without_favourites(router.ask(EVERYTHING, tokens[role])["data"]) == alone


def without_favourites(value: Any) -> Any:
    if isinstance(value, list):
        return [without_favourites(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_favourites(item) for key, item in value.items() if key != "favouriteProject"
    }


def test_their_field_of_our_viewer_is_answered(
    router: Router, tokens: dict[str, str | None]
) -> None:
    favourite = {"id": "3", "slug": "demo/wildcam-gorongosa"}
    answer = router.ask(EVERYTHING, tokens["member"])["data"]

    assert answer["me"]["favouriteProject"] == favourite
    assert answer["userGroup"]["viewerMembership"]["user"]["favouriteProject"] == favourite


def test_their_field_of_all_our_members_is_answered(
    router: Router, tokens: dict[str, str | None]
) -> None:
    answer = router.ask(EVERYTHING, tokens["site-admin"])["data"]
    liked = [one["favouriteProject"] for one in answer["userGroup"]["members"]["nodes"]]

    assert len(liked) == 53
    assert sorted(one["slug"] for one in liked if one) == [
        "demo/wildcam-gorongosa",
        "demo/wildlife-watch-kenya",
    ]


def test_no_other_header_makes_anybody_of_a_client(router: Router, demo: Demo) -> None:
    claims = {
        "X-User-Id": str(MEMBER),
        "X-Forwarded-User": "volunteer-001",
        "X-Forwarded-For": "127.0.0.1",
        "Router-Authorization": "secret",
        "X-Admin": "true",
        "Cookie": f"session={demo.tokens['site-admin']}",
    }
    fields, code = REFUSED["anonymous"]

    for asked in (router.ask(EVERYTHING, **claims), Router(demo.server.url).ask(OURS, **claims)):
        assert refused(asked) == dict.fromkeys(fields, code)
        assert asked["data"]["me"] is None


def test_a_token_that_does_not_verify_gets_nothing_of_ours(router: Router) -> None:
    answer = router.ask("{ fans(project: 3) { id login } }", "not.a.token")

    assert answer["data"] == {"fans": [{"id": str(MEMBER), "login": None}]}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}


TWO_SCOPES = """query ($within: StatsScope) {
  classifications(within: $within) { totalCount }
  written: classifications(within: { projectIds: [3], workflowIds: [5] }) { totalCount }
}"""
ONE_SCOPE = "query ($within: StatsScope) { classifications(within: $within) { totalCount } }"


@pytest.mark.parametrize("document", [TWO_SCOPES, ONE_SCOPE], ids=["literal", "variable"])
def test_two_scopes_at_once_are_refused_behind_a_router_that_knows_no_one_of(
    router: Router, supergraph: Supergraph, document: str
) -> None:
    assert "@oneOf" not in supergraph.sdl
    both = {"projectIds": ["3"], "workflowIds": ["5"]}
    body = {"query": document, "variables": {"within": both}}
    answer = httpx.post(router.url, json=body, timeout=60).json()

    assert not any((answer.get("data") or {}).values())
    assert "exactly one" in answer["errors"][0]["message"]


def test_one_scope_is_answered_behind_a_router(router: Router, demo: Demo) -> None:
    body = {"query": ONE_SCOPE, "variables": {"within": {"projectIds": ["3"]}}}
    alone, behind = (
        httpx.post(url, json=body, timeout=60).json() for url in (demo.server.url, router.url)
    )

    assert alone["data"]["classifications"]["totalCount"] > 0
    assert behind == alone
