"""The endpoint around a small schema of the tests' own, whose fields do what fields can do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import strawberry

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.errors import Forbidden, Unauthenticated
from gateway.graphql.documents import Documents
from gateway.graphql.endpoint import GraphQLEndpoint
from gateway.graphql.execute import Executor
from gateway.graphql.html import Example
from gateway.graphql.masking import ErrorMask
from gateway.graphql.page import Page
from gateway.graphql.pages import Pages
from resolvers.scalars import SCALARS, BigInt

URL = "http://gateway/graphql"
BODY_LIMIT = 8192
SECRET = "password=hunter2"


@strawberry.type
class Query:
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
    def large(self) -> BigInt:
        return BigInt(2**63 - 1)

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


@asynccontextmanager
async def open_operation(viewer: Viewer) -> AsyncIterator[dict[str, Any]]:
    yield {"viewer": viewer}


async def identify(headers: Sequence[tuple[str, str]]) -> Viewer:
    match [value for name, value in headers if name == "authorization"]:
        case []:
            return ANONYMOUS
        case ["Bearer seven"]:
            return Viewer(7, "seven", "Seven")
        case ["machine"]:
            return Viewer(api_key_id="c0ffee")
    raise Unauthenticated("The credentials that were sent do not verify.")


@pytest.fixture
def endpoint() -> Callable[..., GraphQLEndpoint]:
    def make(
        timeout_seconds: float = 10, open_operation: Any = open_operation, schema: Any = schema
    ) -> GraphQLEndpoint:
        mask = ErrorMask()
        documents = Documents(schema._schema)
        executor = Executor(schema._schema, documents, open_operation, mask, timeout_seconds)
        pages = Pages(Page([Example("</script>", "{ greeting }")]), None)
        return GraphQLEndpoint(executor, identify, mask, pages, BODY_LIMIT)

    return make


@pytest.fixture
async def client(endpoint: Callable[..., GraphQLEndpoint]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(endpoint())
    async with httpx.AsyncClient(transport=transport) as client:
        # Neither header of the client's own accord: each test sends what it is about.
        del client.headers["accept"]
        del client.headers["accept-encoding"]
        yield client
