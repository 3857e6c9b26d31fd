"""Documents with subscriptions: what they stand for, what is refused, and what they cost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.errors import SettingsError
from gateway.graphql.admission.admission import Admission
from gateway.graphql.admission.cost import CostModel
from gateway.graphql.configuration import check_trusted_documents
from gateway.graphql.documents.document_cache import Documents, InvalidDocument
from gateway.graphql.documents.identifiers import hash_of
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.incremental import with_incremental_directives
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import CostTooHigh, OperationTypeRefused, UntrustedDocument
from gateway.settings import Settings
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.docs.markdown import ROOT, blocks
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.framing import BOTH, below, decoded, frame
from tests.loaders.test_never_stale import entries

#: What a document says is the same whatever holds the data.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TOTAL = "subscription { live { classifications { totalCount } } }"
ZOO = {"classifications": {"totalCount": 2}}


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    await database.write(
        entries(
            users=[{"id": 1, "login": "ada"}, {"id": 2, "login": "ben"}],
            projects=[{"id": 11, "slug": "zoo/cats"}],
        )
    )
    await store(database, classification(1, user=1), classification(2, user=2))
    admission = Admission(CostModel(graphql_schema, lambda: 0), 250_000)
    async with Gateway(database, admission=admission) as gateway:
        yield gateway


#: What is asked in other ways, by document, operation name and variables, and what is answered.
WAYS: dict[str, tuple[str, str | None, dict[str, Any], dict[str, Any]]] = {
    "alias": (
        "subscription { page: live { classifications { totalCount } } }",
        None,
        {},
        {"page": ZOO},
    ),
    "type name": (
        "subscription { live { __typename } }",
        None,
        {},
        {"live": {"__typename": "Query"}},
    ),
    "selected twice": (
        "subscription { live { classifications { totalCount } } live { __typename } }",
        None,
        {},
        {"live": {**ZOO, "__typename": "Query"}},
    ),
    "in fragments": (
        """subscription { ...Root ... on Subscription { live { ... { __typename } } } }
        fragment Root on Subscription { live { ...Page } }
        fragment Page on Query { classifications { ...Total } }
        fragment Total on SiteStats { totalCount }""",
        None,
        {},
        {"live": {**ZOO, "__typename": "Query"}},
    ),
    "one of several operations": (
        """query Once { ...Page me { id } } subscription Other { live { __typename } }
        subscription Live { live { ...Page } }
        fragment Page on Query { classifications { totalCount } }""",
        "Live",
        {},
        {"live": ZOO},
    ),
    "variables": (
        """subscription ($id: ID! = "2", $with: Boolean!, $without: Boolean!) { live {
          user(id: $id) { login @include(if: $with) displayName @skip(if: $without) }
          me @include(if: $without) { id } } }""",
        None,
        {"with": True, "without": True, "other": 1},
        {"live": {"user": {"login": "ben"}, "me": None}},
    ),
}


@on_sqlite
@pytest.mark.parametrize(("text", "name", "variables", "data"), WAYS.values(), ids=WAYS)
async def test_a_subscription_is_answered_as_its_query(
    gateway: Gateway, text: str, name: str | None, variables: Any, data: Any
) -> None:
    # Twice: what was made of the document serves again.
    for _ in range(2):
        found = await frame(gateway, text, variables=variables, operation_name=name)
        assert found == {"data": data}


@on_sqlite
async def test_errors_stand_where_the_client_has_written_and_below_live(gateway: Gateway) -> None:
    text = """subscription {
  page: live {
    ...Page
    project(id: 99) { id }
  }
}
fragment Page on Query {
  user(id: 2) { classifications { totalCount } }
}"""
    found = await frame(gateway, text)
    unknown, refused = found["errors"]
    assert refused["extensions"]["code"] == "UNAUTHENTICATED"
    assert (refused["path"], refused["locations"]) == (
        ["page", "user", "classifications"],
        [{"line": 8, "column": 17}],
    )
    assert unknown["extensions"]["code"] == "NOT_FOUND"
    assert (unknown["path"], unknown["locations"]) == (
        ["page", "project"],
        [{"line": 4, "column": 5}],
    )
    assert found["data"] == {"page": {"user": {"classifications": None}, "project": None}}


@on_sqlite
async def test_what_cannot_be_null_takes_the_whole_with_it(gateway: Gateway) -> None:
    text = 'subscription { page: live { me { id } projectsByIds(ids: ["x"]) { id } } }'
    found = await frame(gateway, text)
    (error,) = found["errors"]
    assert (found["data"], error["path"]) == (None, ["page", "projectsByIds"])


@on_sqlite
async def test_the_page_of_the_docs_is_followed_with_its_fragment(gateway: Gateway) -> None:
    (page,) = (one.text for one in blocks(ROOT / "docs" / "schema.md") if one.language == "graphql")
    await gateway.database.write(
        entries(user_groups=[{"id": 2, "display_name": "Moths", "stats_visibility": 4}])
    )
    answer = await gateway.executor.execute(
        GraphQLRequest(page, operation_name="Page"),
        ANONYMOUS,
        {OperationType.QUERY},
        RequestRecord("", "POST"),
    )
    found = await frame(gateway, page, operation_name="LivePage")
    assert found == below("live", decoded(orjson.dumps(answer)))
    shown = {"id": "2", "displayName": "Moths", "classifications": {"totalCount": 0}}
    assert found == {"data": {"live": {"userGroup": shown}}}


@on_sqlite
async def test_variables_that_do_not_fit_refuse_it(gateway: Gateway) -> None:
    text = "subscription ($id: ID!) { live { user(id: $id) { login } } }"
    found = await frame(gateway, text)
    (error,) = found["errors"]
    assert (error["extensions"], error["locations"]) == (
        {"code": "BAD_USER_INPUT"},
        [{"line": 1, "column": 15}],
    )
    assert "data" not in found


ON_THE_FIELD = "A subscription takes no directives on its field."
REFUSED = {
    "__schema": (
        "subscription { live { __schema { queryType { name } } } }",
        "__schema cannot be selected below live.",
        23,
    ),
    "__type by an alias": (
        'subscription { live { x: __type(name: "Query") { name } } }',
        "__type cannot be selected below live.",
        23,
    ),
    "_service": (
        "subscription { live { _service { sdl } } }",
        "_service cannot be selected below live.",
        23,
    ),
    "_entities in fragments": (
        "subscription { ...S } fragment S on Subscription { live { ...{ ...Q } } } "
        "fragment Q on Query { _entities(representations: []) { __typename } }",
        "_entities cannot be selected below live.",
        97,
    ),
    "_service in the last of several operations": (
        "query Q { __typename } subscription S { live { _service { sdl } } }",
        "_service cannot be selected below live.",
        48,
    ),
    "@include": (
        "subscription { live { __typename } ...@include(if: true) { live { __typename } } }",
        ON_THE_FIELD,
        39,
    ),
    "a directive in a fragment": (
        "subscription { ...S } "
        "fragment S on Subscription { ...T @skip(if: false) } "
        "fragment T on Subscription { live { __typename } }",
        ON_THE_FIELD,
        57,
    ),
    "@defer": (
        "subscription { live { ... @defer(if: false) { __typename } } }",
        "@defer cannot be used below live.",
        27,
    ),
    "@stream in a fragment": (
        "subscription { live { ...P } } fragment P on Query "
        "{ projectsByIds(ids: [1]) @stream(if: false) { id } }",
        "@stream cannot be used below live.",
        78,
    ),
}


@on_sqlite
@pytest.mark.parametrize(("text", "message", "column"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_live_is_refused_where_it_stands(
    database: Database, text: str, message: str, column: int
) -> None:
    async with Gateway(database, schema=with_incremental_directives(graphql_schema)) as gateway:
        name = "S" if text.startswith("query") else None
        found = await frame(gateway, text, operation_name=name)
    assert "data" not in found
    at = {
        error["message"]: error["locations"]
        for error in found["errors"]
        if error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    }
    assert at[message] == [{"line": 1, "column": column}]


@on_sqlite
@pytest.mark.parametrize(
    "text",
    [
        "subscription { __typename }",
        "subscription { live: __typename }",
        "subscription { a: live { __typename } b: live { __typename } }",
        "subscription { live }",
        "subscription { me { id } }",
        "subscription { live { ...S } } fragment S on Subscription { live { __typename } }",
        "subscription { ...S } fragment S on Subscription { ...S }",
        "subscription { live { live { __typename } } }",
    ],
)
async def test_what_is_no_valid_subscription_is_refused(gateway: Gateway, text: str) -> None:
    found = await frame(gateway, text)
    codes = {error["extensions"]["code"] for error in found["errors"]}
    assert (codes, "data" in found) == ({"GRAPHQL_VALIDATION_FAILED"}, False)


@on_sqlite
async def test_queries_beside_a_subscription_may_ask_for_the_schema(gateway: Gateway) -> None:
    text = """query Schema { ...Types _service { sdl } }
    fragment Types on Query { __schema { queryType { name } } }
    subscription Live { live { classifications { totalCount } } }"""
    found = await frame(gateway, text, operation_name="Live")
    assert found == {"data": {"live": ZOO}}


def test_a_closed_schema_says_one_sentence() -> None:
    mask, documents = ErrorMask(closed=True), Documents(graphql_schema)
    for text in (
        "subscription { live { nothing } }",
        *(text for text, _, _ in REFUSED.values()),
    ):
        with pytest.raises(InvalidDocument) as caught:
            documents.validate(documents.parse(text))
        assert mask.document(caught.value.errors) == [
            {
                "message": "The operation does not fit the schema.",
                "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
            }
        ]


COSTLY = (
    """query ($ids: [ID!]!) { usersByIds(ids: $ids) { login memberships { nodes { roles } } } }"""
)


@on_sqlite
async def test_it_costs_what_its_query_costs_and_says_so(gateway: Gateway) -> None:
    live = (
        "subscription"
        + COSTLY.removeprefix("query").replace("{ users", "{ page: live { users")
        + "}"
    )
    asked, shown = {"ids": ["1", "2"]}, {"cost": True}
    once, watching = RequestRecord("", "POST"), RequestRecord("", "POST")
    request = GraphQLRequest(COSTLY, asked, extensions=shown)
    answer = await gateway.executor.execute(request, ANONYMOUS, {OperationType.QUERY}, once)
    found = await frame(gateway, live, variables=asked, record=watching, extensions=shown)
    assert answer["extensions"]["cost"]["value"] == once.cost > 2
    assert (found["extensions"], watching.cost) == (answer["extensions"], once.cost)


@on_sqlite
async def test_it_may_cost_what_a_query_may(database: Database) -> None:
    costs = CostModel(graphql_schema, lambda: 0)
    text = "subscription { live { classifications { totalCount } me { id } } }"
    documents = Documents(graphql_schema)
    query = documents.parse(text.removeprefix("subscription { live").removesuffix("}"))
    cost = costs.cost(query, query.operation(None), {})
    for limit in (cost, cost - 1):
        async with Gateway(database, admission=Admission(costs, limit)) as gateway:
            if limit < cost:
                with pytest.raises(CostTooHigh):
                    await frame(gateway, text)
            else:
                assert "errors" not in await frame(gateway, text)


@on_sqlite
async def test_a_subscription_is_found_by_the_name_that_a_client_registers(
    database: Database,
) -> None:
    async with Gateway(database) as gateway:
        gateway.executor.persisted = persisted = PersistedDocuments(capacity=10)
        preparation = gateway.executor._preparation
        object.__setattr__(preparation, "persisted", persisted)
        named = hash_of(TOTAL)
        first = await frame(gateway, TOTAL, document_id=named)
        again = await frame(gateway, None, document_id=named)
    assert again == first == {"data": {"live": {"classifications": {"totalCount": 0}}}}


@on_sqlite
async def test_where_only_trusted_documents_run_no_other_subscription_does(
    database: Database,
) -> None:
    async with Gateway(database) as gateway:
        persisted = PersistedDocuments({"page": TOTAL}, only_trusted=True)
        object.__setattr__(gateway.executor._preparation, "persisted", persisted)
        found = await frame(gateway, None, document_id="page")
        with pytest.raises(UntrustedDocument):
            await frame(gateway, TOTAL.replace("totalCount", "firstDay"))
    assert found == {"data": {"live": {"classifications": {"totalCount": 0}}}}


def test_a_manifest_with_a_subscription_that_cannot_be_live_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    settings = Settings(trusted_documents_file=str(file))
    file.write_text(json.dumps({"a": TOTAL, "b": WAYS["in fragments"][0]}))
    check_trusted_documents(settings, graphql_schema)
    file.write_text(json.dumps({"a": TOTAL, "b": REFUSED["_service"][0]}))
    with pytest.raises(SettingsError, match="b, that does not run here: _service cannot be"):
        check_trusted_documents(settings, graphql_schema)


@on_sqlite
async def test_no_query_is_taken_for_a_subscription_nor_the_other_way_round(
    gateway: Gateway,
) -> None:
    with pytest.raises(OperationTypeRefused, match="query"):
        await frame(gateway, "{ me { id } }")
    kinds = {OperationType.QUERY, OperationType.MUTATION}
    for _ in range(2):
        with pytest.raises(OperationTypeRefused, match="subscription"):
            await gateway.executor.execute(
                GraphQLRequest(TOTAL), ANONYMOUS, kinds, RequestRecord("", "POST")
            )
        # Known by now, and answered to whom it is for.
        await frame(gateway, TOTAL)


@on_sqlite
async def test_an_answer_of_the_query_is_never_that_of_the_subscription(gateway: Gateway) -> None:
    """They are kept apart, whatever the document: also one with both operations."""
    text = f"{BOTH} fragment Page on Query {{ me {{ login }} classifications {{ totalCount }} }}"
    for viewer in (ANONYMOUS, Viewer(id=1, login="ada"), ANONYMOUS):
        request = GraphQLRequest(text, operation_name="Q")
        answer = await gateway.executor.execute(
            request, viewer, {OperationType.QUERY}, RequestRecord("", "POST")
        )
        found = await frame(gateway, text, viewer, operation_name="S")
        assert found == below("live", decoded(orjson.dumps(answer)))
