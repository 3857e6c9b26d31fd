from graphql import parse

from gateway.graphql.documents import DocumentCache
from tests.graphql.conftest import URL


def test_document_unused_for_longest_makes_room():
    cache = DocumentCache(capacity=2)
    first, second, third = parse("{ a }"), parse("{ b }"), parse("{ c }")
    cache.add("a", first)
    cache.add("b", second)
    assert cache.get("a") is first
    cache.add("c", third)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (first, None, third)


def test_long_document_is_not_kept():
    cache = DocumentCache(longest=5)
    cache.add("{ a }", parse("{ a }"))
    cache.add("{ ab }", parse("{ ab }"))
    assert cache.get("{ a }") is not None
    assert cache.get("{ ab }") is None


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
