import pytest

from gateway.graphql.documents.document_cache import Documents, InvalidDocument
from gateway.graphql.refusals import UnknownOperation
from tests.graphql.conftest import URL, schema


def prepare(documents, text):
    prepared = documents.parse(text)
    documents.validate(prepared)
    return prepared


def test_document_unused_for_longest_makes_room():
    documents = Documents(schema._schema, capacity=2)
    first, second = prepare(documents, "{ greeting }"), prepare(documents, "{ viewerId }")
    assert prepare(documents, "{ greeting }") is first
    prepare(documents, "{ large }")
    assert prepare(documents, "{ greeting }") is first
    assert prepare(documents, "{ viewerId }") is not second


def test_long_document_is_not_kept():
    documents = Documents(schema._schema, longest=10)
    assert prepare(documents, "{large}") is prepare(documents, "{large}")
    assert prepare(documents, "{ greeting }") is not prepare(documents, "{ greeting }")


def test_document_that_a_check_refuses_is_not_validated():
    def check(document):
        raise UnknownOperation("Not this one.")

    with pytest.raises(UnknownOperation):
        prepare(Documents(schema._schema, check), "{ nothing }")


def test_invalid_document_tells_all_that_is_wrong():
    with pytest.raises(InvalidDocument) as caught:
        prepare(Documents(schema._schema), "{ nothing neither }")
    assert [error.message for error in caught.value.errors] == [
        "Cannot query field 'nothing' on type 'Query'.",
        "Cannot query field 'neither' on type 'Query'.",
    ]


def test_operation_is_found_by_name_or_as_the_only_one():
    only = prepare(Documents(schema._schema), "query A { greeting }")
    assert only.operation(None) is only.operation("A")
    assert only.operation("A") is only.document.definitions[0]


async def test_known_document_is_answered_for_its_own_variables_and_viewer(client):
    query = "query ($n: String!) { greeting(name: $n) viewerId }"
    answers = [
        (await client.post(URL, json={"query": query, "variables": {"n": name}}, headers=headers))
        for name, headers in [("a", {}), ("b", {"authorization": "Bearer seven"}), ("c", {})]
    ]
    assert [answer.json()["data"] for answer in answers] == [
        {"greeting": "Hello a!", "viewerId": None},
        {"greeting": "Hello b!", "viewerId": 7},
        {"greeting": "Hello c!", "viewerId": None},
    ]


async def test_invalid_document_stays_invalid(client):
    answers = [(await client.post(URL, json={"query": "{ nothing }"})).json() for _ in range(3)]
    assert answers[0]["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert answers[0] == answers[1] == answers[2]


async def test_operation_is_chosen_anew_each_time(client):
    query = "query A { greeting } query B { viewerId }"
    by_name = [
        (await client.post(URL, json={"query": query, "operationName": name})).json()
        for name in ("A", "B")
    ]
    unnamed = (await client.post(URL, json={"query": query})).json()
    assert by_name == [{"data": {"greeting": "Hello you!"}}, {"data": {"viewerId": None}}]
    assert unnamed["errors"][0]["extensions"] == {"code": "OPERATION_RESOLUTION_FAILURE"}
