"""Operations that are named by their hash: registered by clients, or trusted."""

import json
from hashlib import sha256

import pytest

from gateway.graphql.admission.document_limits import DocumentLimits
from gateway.graphql.documents.persisted import PersistedDocuments
from tests.graphql.conftest import URL

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
GREETING = "query ($n: String) { greeting(name: $n) }"
BARE = "{ greeting }"
TRUSTED = {"greet": GREETING, "both": "query A { viewerId } query B { large }"}


def named(text, **more):
    """The extensions that name a text, as Apollo's clients do."""
    digest = sha256(text.encode()).hexdigest()
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, **more}


def get(client, accept=JSON, **parameters):
    written = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parameters.items()
    }
    return client.get(URL, params=written, headers={"accept": accept})


def code(response):
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    return error["extensions"]["code"]


async def is_registered(client, text):
    response = await get(client, **named(text))
    return code(response) != "PERSISTED_QUERY_NOT_FOUND" if "errors" in response.json() else True


@pytest.fixture
async def client(endpoint, client_of):
    persisted = PersistedDocuments(capacity=3, letters=200)
    check = DocumentLimits(depth=2, aliases=2, directives=1)
    return await client_of(endpoint(persisted=persisted, check=check, batch_limit=3))


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_hash_is_refused_as_clients_expect(client, method, accept, status):
    if method == "GET":
        response = await get(client, accept, **named(BARE))
    else:
        response = await client.post(URL, json=named(BARE), headers={"accept": accept})
    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-store"
    assert response.json() == {
        "errors": [
            {
                "message": "PersistedQueryNotFound",
                "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
            }
        ]
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_document_that_was_sent_with_its_hash_is_run_by_its_hash(client, method):
    if method == "GET":
        sent = await get(client, query=GREETING, variables={"n": "Ada"}, **named(GREETING))
    else:
        body = {"query": GREETING, "variables": {"n": "Ada"}, **named(GREETING)}
        sent = await client.post(URL, json=body)
    by_get = await get(client, variables={"n": "Bob"}, **named(GREETING))
    by_post = await client.post(URL, json={"query": None, **named(GREETING)})
    answers = [one.json()["data"]["greeting"] for one in (sent, by_get, by_post)]
    assert answers == ["Hello Ada!", "Hello Bob!", "Hello you!"]


async def test_the_document_is_shared_and_the_answer_is_the_viewers_own(client):
    text = "{ viewerId }"
    seven = {"authorization": "Bearer seven"}
    first = await client.post(URL, json={"query": text, **named(text)}, headers=seven)
    second = await get(client, **named(text))
    assert [first.json()["data"], second.json()["data"]] == [{"viewerId": 7}, {"viewerId": None}]


async def test_an_operation_of_a_registered_document_is_chosen_by_its_name(client):
    text = TRUSTED["both"]
    await client.post(URL, json={"query": text, "operationName": "B", **named(text)})
    response = await get(client, operationName="A", **named(text))
    assert response.json() == {"data": {"viewerId": None}}


async def test_the_hash_of_another_text_is_refused_and_not_registered(client):
    response = await client.post(URL, json={"query": BARE, **named(GREETING)})
    assert (response.status_code, code(response)) == (400, "PERSISTED_QUERY_MISMATCH")
    assert not await is_registered(client, GREETING)
    assert not await is_registered(client, BARE)


async def test_a_registered_hash_is_not_registered_anew_for_another_text(client):
    await client.post(URL, json={"query": GREETING, **named(GREETING)})
    response = await client.post(URL, json={"query": "{ large }", **named(GREETING)})
    assert code(response) == "PERSISTED_QUERY_MISMATCH"
    assert (await get(client, **named(GREETING))).json() == {"data": {"greeting": "Hello you!"}}


GARBAGE = {
    "no GraphQL": ("{", {}),
    "an unknown field": ("{ nothing }", {}),
    "no operation": ("fragment F on Query { greeting }", {}),
    "an unknown operation": ("query A { greeting }", {"operationName": "B"}),
    "too deep": ("{ a: items { ... { number } } }", {}),
    "too many aliases": ("{ a: large b: large c: large }", {}),
    "variables that do not fit": ("query ($t: Int!) { greeting(times: $t) }", {}),
    "a subscription": ("subscription { change }", {}),
    "too long": ("{ greeting } #" + "x" * 200, {}),
}


@pytest.mark.parametrize(("text", "more"), GARBAGE.values(), ids=GARBAGE)
async def test_what_is_not_executed_is_not_registered(client, text, more):
    await client.post(URL, json={"query": text, **more, **named(text)})
    assert not await is_registered(client, text)


async def test_mutations_are_registered_by_post_and_run_by_post_alone(client):
    text = "mutation { change }"
    refused = await get(client, query=text, **named(text))
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert not await is_registered(client, text)
    sent = await client.post(URL, json={"query": text, **named(text)})
    refused = await get(client, **named(text))
    again = await client.post(URL, json=named(text))
    assert (refused.status_code, code(refused)) == (405, "METHOD_NOT_ALLOWED")
    assert sent.json() == again.json() == {"data": {"change": "changed"}}


async def test_documents_used_last_are_kept(client):
    texts = [f"{{ a{number}: large }}" for number in range(4)]
    for text in texts[:3]:
        await client.post(URL, json={"query": text, **named(text)})
    assert await is_registered(client, texts[0])
    await client.post(URL, json={"query": texts[3], **named(texts[3])})
    assert [await is_registered(client, text) for text in texts] == [True, False, True, True]


async def test_documents_are_kept_up_to_so_many_letters_together(client):
    texts = [f"{{ a{number}: large }} #{'x' * 80}" for number in range(3)]
    for text in texts:
        await client.post(URL, json={"query": text, **named(text)})
    assert [await is_registered(client, text) for text in texts] == [False, True, True]


async def test_in_a_batch_each_names_its_own(client):
    batch = [{"query": BARE, **named(BARE)}, named(BARE), named(GREETING)]
    response = await client.post(URL, json=batch)
    assert response.status_code == 200
    first, second, third = response.json()
    assert first == second == {"data": {"greeting": "Hello you!"}}
    assert third["errors"][0]["message"] == "PersistedQueryNotFound"


HASH = named(BARE)["extensions"]["persistedQuery"]["sha256Hash"]
MALFORMED = {
    "a string": HASH,
    "a list": [1, HASH],
    "false": False,
    "no version": {"sha256Hash": HASH},
    "another version": {"version": 2, "sha256Hash": HASH},
    "a version in words": {"version": "1", "sha256Hash": HASH},
    "a version that is true": {"version": True, "sha256Hash": HASH},
    "no hash": {"version": 1},
    "a number for a hash": {"version": 1, "sha256Hash": 7},
    "an empty hash": {"version": 1, "sha256Hash": ""},
    "a short hash": {"version": 1, "sha256Hash": HASH[1:]},
    "capitals": {"version": 1, "sha256Hash": HASH.upper()},
    "very long": {"version": 1, "sha256Hash": "0" * 1000},
    "no letters": {"version": 1, "sha256Hash": f"{HASH[1:]}é"},
}


@pytest.mark.parametrize("sent", [{}, {"query": BARE}], ids=["alone", "with the query"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("persisted", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_name_is_refused(client, persisted, method, sent):
    parts = {"extensions": {"persistedQuery": persisted}, **sent}
    response = await (get(client, **parts) if method == "GET" else client.post(URL, json=parts))
    assert response.status_code == 400
    assert code(response) in {"BAD_REQUEST", "PERSISTED_QUERY_MISMATCH"}


@pytest.mark.parametrize(
    "parts",
    [
        {"documentId": ""},
        {"documentId": "sha256:" + HASH.upper()},
        {"documentId": "sha256:" + HASH[1:]},
        {"documentId": "md5:" + HASH},
        {"documentId": "x-a:b:c"},
        {"documentId": "a b"},
        {"documentId": "sha256:" + HASH, "query": BARE},
        {"documentId": "sha256:" + HASH, **named(BARE)},
        {"extensions": {}},
        {"extensions": {"persistedQuery": None}},
        {"query": "", **named(BARE)},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_names_one_document_or_sends_it(client, method, parts):
    response = await (get(client, **parts) if method == "GET" else client.post(URL, json=parts))
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("document_id", [7, [], {}, True])
async def test_an_identifier_is_a_string(client, document_id):
    response = await client.post(URL, json={"documentId": document_id})
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("document_id", [f"sha256:{HASH}", HASH])
async def test_a_registered_document_is_named_by_its_document_id_too(client, document_id):
    unknown = await get(client, documentId=document_id)
    await client.post(URL, json={"query": BARE, **named(BARE)})
    known = await get(client, documentId=document_id)
    assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"
    assert known.json() == {"data": {"greeting": "Hello you!"}}


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
@pytest.mark.parametrize(
    "parts", [named(BARE), {"query": BARE, **named(BARE)}, {"documentId": f"sha256:{HASH}"}]
)
async def test_switched_off_it_is_not_supported(endpoint, client_of, parts, accept, status):
    client = await client_of(endpoint(persisted=PersistedDocuments(capacity=0)))
    response = await get(client, accept, **parts)
    assert response.status_code == status
    assert response.json()["errors"] == [
        {
            "message": "PersistedQueryNotSupported",
            "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
        }
    ]
    assert (await get(client, query=BARE)).json() == {"data": {"greeting": "Hello you!"}}


def by_extension(identifier):
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": identifier}}}


@pytest.mark.parametrize("only_trusted", [False, True])
@pytest.mark.parametrize("capacity", [0, 10])
@pytest.mark.parametrize(
    "parts",
    [
        {"documentId": "greet"},
        by_extension("greet"),
        {"query": GREETING},
        {"query": GREETING, **by_extension("greet")},
    ],
    ids=["documentId", "persistedQuery", "text", "text and name"],
)
async def test_a_trusted_document_runs_however_it_is_sent(
    endpoint, client_of, parts, capacity, only_trusted
):
    persisted = PersistedDocuments(TRUSTED, only_trusted=only_trusted, capacity=capacity)
    client = await client_of(endpoint(persisted=persisted))
    for response in (
        await get(client, variables={"n": "Ada"}, **parts),
        await client.post(URL, json={"variables": {"n": "Ada"}, **parts}),
    ):
        assert response.json() == {"data": {"greeting": "Hello Ada!"}}


@pytest.mark.parametrize(
    "parts",
    [
        {"query": BARE},
        {"query": f"{GREETING} "},
        {"query": "{ __typename }"},
        {"query": "{ __schema { queryType { name } } }"},
        {"query": "{"},
        {"query": BARE, **named(BARE)},
        named(BARE),
        {"documentId": "unknown"},
        {"query": BARE, **by_extension("greet")},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("authorization", [None, "Bearer seven", "machine"])
async def test_nothing_else_runs_when_only_trusted_documents_do(
    endpoint, client_of, parts, method, authorization
):
    persisted = PersistedDocuments(TRUSTED, only_trusted=True, capacity=10)
    client = await client_of(endpoint(persisted=persisted, batch_limit=1))
    if authorization:
        client.headers["authorization"] = authorization
    response = await (get(client, **parts) if method == "GET" else client.post(URL, json=parts))
    assert (response.status_code, code(response)) == (403, "DOCUMENT_NOT_TRUSTED")
    (in_a_batch,) = (await client.post(URL, json=[parts])).json()
    assert in_a_batch["errors"][0]["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}
    assert "data" not in in_a_batch


async def test_beside_trusted_documents_others_run_and_are_registered(endpoint, client_of):
    persisted = PersistedDocuments(TRUSTED, capacity=10)
    client = await client_of(endpoint(persisted=persisted))
    assert code(await get(client, **named(BARE))) == "PERSISTED_QUERY_NOT_FOUND"
    assert code(await get(client, documentId="unknown")) == "PERSISTED_QUERY_NOT_FOUND"
    await client.post(URL, json={"query": BARE, **named(BARE)})
    assert (await get(client, **named(BARE))).json() == {"data": {"greeting": "Hello you!"}}


async def test_a_browser_that_names_a_document_gets_its_answer(endpoint, client_of):
    client = await client_of(endpoint(persisted=PersistedDocuments(TRUSTED)))
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    for parts in ({"documentId": "greet"}, by_extension("greet")):
        response = await get(client, browser, **parts)
        assert response.json() == {"data": {"greeting": "Hello you!"}}
