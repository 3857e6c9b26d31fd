"""The tests' own ways to ask refuse what is not executed, so that no test passes on it."""

from __future__ import annotations

import httpx
import pytest

from gateway.db import Database
from gateway.graphql.documents.document_cache import InvalidDocument
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW, answer, ask
from tests.executing import executed
from tests.valid import valid, valid_response

UNKNOWN = "{ nothing }"


async def test_a_document_that_does_not_validate_is_not_asked(database: Database) -> None:
    for way in (ask, answer):
        with pytest.raises(InvalidDocument, match="nothing"):
            await way(database, UNKNOWN)
    async with Operation(database, ADMIN, NOW) as operation:
        with pytest.raises(InvalidDocument, match="nothing"):
            await executed(graphql_schema, UNKNOWN, None, operation)


def test_an_answer_to_a_document_that_does_not_validate_is_no_answer() -> None:
    def error(code: str) -> dict[str, object]:
        return {"errors": [{"message": "Unknown.", "extensions": {"code": code}}]}

    refused, invalid = error("FORBIDDEN"), error("GRAPHQL_VALIDATION_FAILED")
    assert valid(refused) == refused
    for answered in (invalid, [refused, invalid]):
        with pytest.raises(AssertionError, match=r"Unknown\."):
            valid(answered)
        with pytest.raises(AssertionError, match=r"Unknown\."):
            valid_response(httpx.Response(200, json=answered))
