"""The endpoint around a small schema of the tests' own, whose fields do what fields can do."""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import strawberry
from sqlalchemy import update

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.db.tables import membership
from gateway.directory.memberships import encode_roles
from gateway.errors import Forbidden, Unauthenticated
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.endpoint.graphql_endpoint import GraphQLEndpoint
from gateway.graphql.endpoint.html import Example
from gateway.graphql.endpoint.pages import Pages
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.graphql.page import Page
from gateway.telemetry.record import RequestRecord
from resolvers.scalars import SCALARS, SafeInt
from tests.events_of import classification, comment, store
from tests.loaders.test_never_stale import entries

URL = "http://gateway/graphql"
BODY_LIMIT = 8192
SECRET = "password=hunter2"


@strawberry.type
class Item:
    number: int

    @strawberry.field
    async def later(self) -> int:
        await asyncio.sleep(0)
        return self.number

    @strawberry.field
    async def never(self) -> int:
        await asyncio.sleep(300)
        return self.number

    @strawberry.field
    async def broken(self) -> int | None:
        await asyncio.sleep(0)
        raise KeyError(SECRET)


@strawberry.type
class Query:
    @strawberry.field
    def items(self, first: int = 3) -> list[Item]:
        return [Item(number=number) for number in range(first)]

    @strawberry.field
    def context_id(self, info: strawberry.Info) -> int:
        return info.context["id"]

    @strawberry.field
    def greeting(self, name: str = "you", times: int = 1) -> str:
        return " ".join([f"Hello {name}!"] * times)

    @strawberry.field
    def viewer_id(self, info: strawberry.Info) -> int | None:
        return info.context["viewer"].id

    @strawberry.field
    def refused(self) -> str | None:
        raise Forbidden("This is not for you.")

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    async def broken_later(self) -> str:
        await asyncio.sleep(0)
        raise KeyError(SECRET)

    @strawberry.field
    def missing(self) -> str:
        return None  # type: ignore[return-value]  # what a resolver must not do

    @strawberry.field
    def not_a_number(self) -> int | None:
        return SECRET  # type: ignore[return-value]  # likewise

    @strawberry.field
    def large(self) -> SafeInt:
        return SafeInt(2**53 - 1)

    @strawberry.field
    def too_large(self) -> SafeInt | None:
        return SafeInt(2**53)

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(30)
        return "late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> str:
        return "changed"


schema = strawberry.Schema(
    Query, Mutation, config=strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS)
)


_context_ids = itertools.count()


class Context(dict[str, Any]):
    has_secret = False
    #: Nothing is read from a database.
    reads = SimpleNamespace(position=None)


@asynccontextmanager
async def open_operation(viewer: Viewer, record: RequestRecord) -> AsyncIterator[dict[str, Any]]:
    yield Context(viewer=viewer, id=next(_context_ids))


async def identify(headers: Sequence[tuple[str, str]]) -> Viewer:
    match [value for name, value in headers if name == "authorization"]:
        case []:
            return ANONYMOUS
        case ["Bearer seven"]:
            return Viewer(7, "seven", "Seven")
        case ["machine"]:
            return Viewer(api_key_id="c0ffee")
    raise Unauthenticated("The credentials are not valid.")


@pytest.fixture
def endpoint() -> Callable[..., GraphQLEndpoint]:
    def make(
        timeout_seconds: float = 10,
        open_operation: Any = open_operation,
        schema: Any = schema._schema,
        admission: Admission | None = None,
        closed: bool = False,
        check: Any = None,
        persisted: PersistedDocuments | None = None,
        answer_limit: float = math.inf,
        **options: Any,
    ) -> GraphQLEndpoint:
        mask = ErrorMask(closed=closed)
        documents = Documents(schema, check, hide_suggestions=closed)
        executor = Executor(
            schema,
            documents,
            open_operation,
            mask,
            timeout_seconds,
            admission,
            hide_suggestions=closed,
            persisted=persisted,
            answer_limit=answer_limit,
        )
        pages = Pages(Page([Example("</script>", "{ greeting }")]), None)
        return GraphQLEndpoint(executor, identify, mask, pages, BODY_LIMIT, **options)

    return make


@pytest.fixture
async def client_of() -> AsyncIterator[Callable[[GraphQLEndpoint], httpx.AsyncClient]]:
    """Makes a client of an endpoint, which sends no header of its own accord."""
    async with AsyncExitStack() as stack:

        async def make(endpoint: GraphQLEndpoint) -> httpx.AsyncClient:
            client = httpx.AsyncClient(transport=httpx.ASGITransport(endpoint))
            del client.headers["accept"]
            del client.headers["accept-encoding"]
            return await stack.enter_async_context(client)

        yield make


@pytest.fixture
async def client(endpoint: Callable[..., GraphQLEndpoint]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(endpoint())
    async with httpx.AsyncClient(transport=transport) as client:
        # Neither header of the client's own accord: each test sends what it is about.
        del client.headers["accept"]
        del client.headers["accept-encoding"]
        yield client


#: More than any list is assumed to have.
DAYS, PROJECTS, GROUPS, WORKFLOWS = 400, 60, 30, 25


@pytest.fixture
async def filled(database: Database) -> Database:
    """A volunteer and a project of long ago, with more of all than lists are assumed to have."""
    member = {"user_id": 1, "state": "active", "roles": ["group_admin", "group_member"]}
    await database.write(
        entries(
            users=[{"id": 1, "login": "ada"}],
            projects=[{"id": one, "slug": f"zoo/{one}"} for one in range(1, PROJECTS + 1)],
            workflows=[{"id": one, "project_id": 1} for one in range(1, WORKFLOWS + 1)],
            user_groups=[{"id": one, "name": f"group-{one}"} for one in range(1, GROUPS + 1)],
            memberships=[{**member, "user_group_id": one} for one in range(1, GROUPS + 1)],
        )
    )
    # A file's roles are those that mean something; Panoptes may have more.
    roles = encode_roles([*member["roles"], "x"])
    await database.write(
        lambda connection: connection.execute(update(membership), {"roles": roles})
    )
    first = datetime(2020, 1, 1, 12, tzinfo=UTC)
    days = [(first + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M") for n in range(DAYS)]
    await store(
        database,
        *(
            classification(n, when, project=n % PROJECTS + 1, workflow=1, groups=(1,))
            for n, when in enumerate(days)
        ),
        # Another volunteer in a project on each day.
        *(
            classification(DAYS + n, when, user=2 + n, project=1, workflow=1)
            for n, when in enumerate(days)
        ),
        *(comment(n, when, project=1) for n, when in enumerate(days)),
    )
    return database
