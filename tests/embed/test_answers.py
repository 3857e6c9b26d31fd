"""Who may see what is embedded, what may be asked, and how it may be kept."""

from __future__ import annotations

import httpx
import pytest

from gateway.db import open_database
from gateway.directory.load import load_directory
from gateway.embed.page import POLICY
from tests.embed.conftest import (
    CLOSED,
    CLOSED_TO_ALL,
    DIRECTORY,
    GALAXIES,
    NONE,
    OPEN,
    Serve,
    app_of,
    from_another_address,
)
from tests.embed.reading import Document, Image

FORMS = ("", "/counter", "/chart.svg", "/counter.svg")
SVG_POLICY = "default-src 'none'; sandbox"


@pytest.mark.parametrize("form", FORMS)
async def test_groups_that_are_not_public_look_like_none_to_anybody(
    form: str, client: httpx.AsyncClient, token: dict[str, str]
) -> None:
    found = []
    for group in (CLOSED, CLOSED_TO_ALL, NONE):
        for headers in ({}, token):
            answer = await client.get(f"/embed/groups/{group}{form}", headers=headers)
            told = {
                name: value
                for name, value in answer.headers.items()
                if name not in ("x-request-id", "content-length")
            }
            found.append((answer.status_code, answer.text.replace(f"id {group}", "id"), told))

    assert found[0][0] == 404
    assert "There is no group with the id" in found[0][1]
    assert "NOT_FOUND" in found[0][1]
    assert all(one == found[0] for one in found)


async def test_a_credential_changes_nothing(
    client: httpx.AsyncClient, token: dict[str, str]
) -> None:
    path = f"/embed/groups/{OPEN}/chart.svg"
    answers = [
        await client.get(path, headers=headers)
        for headers in ({}, token, {"authorization": "Bearer nonsense"}, {"cookie": "a=b"})
    ]

    assert {(one.status_code, one.content) for one in answers} == {(200, answers[0].content)}
    assert not any("set-cookie" in one.headers for one in answers)


async def test_a_group_that_turns_private_is_gone_at_once(
    client: httpx.AsyncClient, database_url: str
) -> None:
    path = f"/embed/groups/{OPEN}/chart.svg"
    etag = (await client.get(path)).headers["etag"]
    owls = {**DIRECTORY["user_groups"][0], "stats_visibility": "private_agg_only"}
    async with open_database(database_url) as database:
        await database.write(lambda one: load_directory(one, {"user_groups": [owls]}))

    assert (await client.get(path, headers={"if-none-match": etag})).status_code == 404


REFUSED = [
    ("site?size=9", "'size' is no parameter here: there are show, range, period and theme."),
    ("site/counter?period=day", "'period' is no parameter here: there are show, range and th"),
    ("site?range=week&range=year", "range is given more than once."),
    ("site?range=fortnight", "range cannot be 'fortnight' here: there are week, month, year"),
    ("site?range=", "range cannot be '' here: there are week, month, year and all."),
    ("site?range=week&period=year", "period cannot be 'year' here: there is day."),
    ("site?range=all&period=day", "period cannot be 'day' here: there are month and year."),
    ("groups/1?show=comments", "show cannot be 'comments' here: there are classifications,"),
    ("site?theme=<b>", "theme cannot be '<b>' here: there are auto, light and dark."),
    ("site?theme=%00", "theme cannot be '\\x00' here: there are auto, light and dark."),
    (f"site?{'x' * 300}", "The query string is longer than 200 bytes."),
    (f"site?theme={'x' * 100}", f"theme cannot be '{'x' * 40}…' here: there are"),
    ("projects/0", "id: '0' is not an id, a positive number."),
    ("projects/99999999999999999999", "id: '99999999999999999999' is not an id"),
    ("groups/one", "id: 'one' is not an id, a positive number."),
]


async def test_anything_else_in_an_address_is_refused_in_a_sentence(
    client: httpx.AsyncClient,
) -> None:
    for path, sentence in REFUSED:
        head, mark, query = path.partition("?")
        code = "BAD_REQUEST" if "longer" in sentence else "INVALID_ARGUMENT"

        page = await client.get(f"/embed/{path}")
        assert (page.status_code, page.headers["content-security-policy"]) == (400, POLICY)
        shown = Document(page.text)
        assert shown.texts["p"].startswith(sentence)
        assert shown.texts["code"] == code

        image = await client.get(
            f"/embed/{head}{'' if 'counter' in head else '/chart'}.svg{mark}{query}"
        )
        assert image.status_code == 400
        (error,) = image.json()["errors"]
        assert (error["extensions"]["code"], shown.texts["p"]) == (code, error["message"] + code)


@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_may_be_kept_by_anybody_and_is_asked_for_again(
    form: str, client: httpx.AsyncClient
) -> None:
    path = f"/embed/projects/{GALAXIES}{form}"
    answer = await client.get(path)
    again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})

    is_image = form.endswith(".svg")
    assert answer.headers["content-security-policy"] == (SVG_POLICY if is_image else POLICY)
    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["vary"] == "Consistency-Token, Accept-Encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert (again.status_code, again.content) == (304, b"")
    kept = ("etag", "cache-control", "vary", "content-security-policy")
    assert [again.headers[name] for name in kept] == [answer.headers[name] for name in kept]
    head = await client.head(path)
    assert head.headers["etag"] == answer.headers["etag"]


async def test_each_coding_and_each_look_has_a_tag_of_its_own(client: httpx.AsyncClient) -> None:
    path = f"/embed/projects/{GALAXIES}/chart.svg"
    plain = {"accept-encoding": "identity"}
    tags = [
        (await client.get(path, headers=plain)).headers["etag"],
        (await client.get(path, headers={"accept-encoding": "gzip"})).headers["etag"],
        (await client.get(f"{path}?theme=dark", headers=plain)).headers["etag"],
    ]

    assert len(set(tags)) == 3


async def test_nothing_can_be_sent(client: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = await client.request(method, "/embed/site/chart.svg")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_it_is_charged_to_the_address_as_the_operation_that_it_is(serve: Serve) -> None:
    client = await serve(cost_per_minute=1000)
    path = "/embed/site/chart.svg"
    # A hit of the cache costs the same.
    statuses: list[int] = []
    while not statuses or statuses[-1] == 200:
        answer = await client.get(path)
        statuses.append(answer.status_code)
        assert len(statuses) < 1000

    assert statuses[-1] == 429
    assert answer.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    asked = {"query": "{ classifications { totalCount } }"}
    assert (await client.post("/graphql", json=asked)).status_code == 429
    page = await client.get("/embed/site")
    assert (page.status_code, Document(page.text).texts["code"]) == (429, "RATE_LIMITED")
    async with from_another_address(client) as other:
        assert (await other.get(path)).status_code == 200


async def test_answers_are_given_again_from_the_cache(client: httpx.AsyncClient) -> None:
    responses = app_of(client).state.services.responses
    await client.get("/embed/site/chart.svg")
    before = responses.hits
    dark = await client.get("/embed/site/chart.svg?theme=dark")

    assert (dark.status_code, responses.hits) == (200, before + 1)


async def test_it_runs_where_clients_may_send_nothing(serve: Serve, tmp_path: object) -> None:
    manifest = f"{tmp_path}/manifest.json"
    with open(manifest, "w") as file:  # noqa: ASYNC230 - before anything is served
        file.write('{"x-a:b": "{ me { id } }"}')
    client = await serve(trusted_documents_only=True, trusted_documents_file=manifest)

    image = await client.get(f"/embed/projects/{GALAXIES}/chart.svg")
    assert Image(image.content).title.startswith("Galaxies")
    sent = await client.post("/graphql", json={"query": "{ classifications { totalCount } }"})
    assert sent.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_it_keeps_to_the_limits_of_operations(serve: Serve) -> None:
    client = await serve(cost_limit=5)
    answer = await client.get("/embed/site/chart.svg")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "COST_TOO_HIGH"


async def test_it_is_switched_off_with_the_pages(serve: Serve) -> None:
    client = await serve(pages=False)

    assert (await client.get("/embed/site/chart.svg")).status_code == 404
