"""What each viewer may spend in a minute, counted in memory and in a real Redis."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.errors import SettingsError
from gateway.graphql.admission.admission import Admission
from gateway.graphql.admission.budget import Budget, open_storage
from gateway.graphql.admission.cost import CostModel
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.refusals import CostTooHigh, RateLimited
from tests.graphql.conftest import URL, schema
from tests.redis_server import free_port, running_redis
from tests.server import serving

ADA, EVE = Viewer(id=7), Viewer(id=8)
MACHINE = Viewer(api_key_id="7")
NOW = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis"), free_port()) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
async def new_budget(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[int], Budget]]:
    async with AsyncExitStack() as stack:

        def make(per_minute: int) -> Budget:
            if request.param == "memory":
                return Budget(per_minute, Clock())
            url = request.getfixturevalue("redis_url")
            budget = Budget(per_minute, Clock(), open_storage("URL", url))
            stack.push_async_exit(budget.__aexit__)
            return budget

        yield make


async def test_a_viewer_spends_up_to_the_budget_and_no_more(
    new_budget: Callable[[int], Budget],
) -> None:
    budget = new_budget(100)
    await budget.spend(ADA, "a", 60)
    await budget.spend(ADA, "b", 40)
    with pytest.raises(RateLimited) as caught:
        await budget.spend(ADA, "a", 1)
    assert caught.value.extensions["limit"] == 100
    assert caught.value.extensions["value"] == 1
    assert 1 <= caught.value.seconds <= 60
    assert caught.value.headers == {"Retry-After": str(caught.value.seconds)}


async def test_each_viewer_has_a_budget_of_their_own(new_budget: Callable[[int], Budget]) -> None:
    budget = new_budget(101)
    for viewer, address in [(EVE, "c"), (MACHINE, "c"), (ANONYMOUS, "c"), (ANONYMOUS, "d")]:
        await budget.spend(viewer, address, 101)
        with pytest.raises(RateLimited):
            await budget.spend(viewer, address, 1)


async def test_beyond_so_many_viewers_further_ones_spend_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.graphql.admission.budget._MOST_WINDOWS", 2)
    budget = Budget(10, Clock())
    for address in ("a", "b", "c"):
        await budget.spend(ANONYMOUS, address, 9)
    with pytest.raises(RateLimited):
        await budget.spend(ANONYMOUS, "d", 9)
    await budget.spend(ANONYMOUS, "a", 1)
    assert budget.size == 3 * 600


async def test_redis_is_asked_again_after_the_clock_has_stepped_back() -> None:
    clock = Clock()
    away = open_storage("URL", f"redis://127.0.0.1:{free_port()}/0")
    async with Budget(100, clock, away) as budget:
        await budget.spend(ADA, "a", 1)
        assert budget.is_alone
        clock.now -= 3600
        assert not budget.is_alone


async def test_an_operation_that_reads_nothing_costs_one(
    new_budget: Callable[[int], Budget],
) -> None:
    budget = new_budget(2)
    for _ in range(2):
        await budget.spend(Viewer(id=9), "", 0)
    with pytest.raises(RateLimited):
        await budget.spend(Viewer(id=9), "", 0)


async def test_processes_that_share_redis_share_budgets(redis_url: str) -> None:
    async with (
        Budget(10, Clock(), open_storage("URL", redis_url)) as one,
        Budget(10, Clock(), open_storage("URL", redis_url)) as other,
    ):
        await one.spend(Viewer(id=10), "", 10)
        with pytest.raises(RateLimited):
            await other.spend(Viewer(id=10), "", 1)


async def test_without_redis_a_process_counts_by_itself_and_asks_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    clock = Clock()
    said = "so this process counts costs by itself"
    async with Budget(10, clock, open_storage("URL", f"redis://127.0.0.1:{port}/0")) as budget:
        await budget.spend(ADA, "", 10)
        with pytest.raises(RateLimited):
            await budget.spend(ADA, "", 1)
        # It was asked once, and is left alone for a while.
        assert caplog.text.count(said) == 1
        with running_redis(tmp_path, port):
            clock.now += 60
            # Redis knows nothing of what was counted here.
            await budget.spend(ADA, "", 10)
            with pytest.raises(RateLimited):
                await budget.spend(ADA, "", 1)
            assert caplog.text.count(said) == 1


@pytest.mark.parametrize("url", ["http://localhost", "memcached://x", "redis", ""])
def test_a_url_that_is_no_redis_is_refused_with_the_setting(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^URL cannot be used: "):
        open_storage("URL", url)


async def test_what_no_budget_can_pay_is_too_much_and_not_too_often(documents_of) -> None:
    admission = Admission(CostModel(schema._schema, lambda: 0), 1000, Budget(5, Clock()))
    prepared = documents_of("{ " + " ".join(f"a{n}: items {{ number }}" for n in range(6)) + " }")
    with pytest.raises(CostTooHigh) as caught:
        await admission.admit(prepared, prepared.operation(None), {}, ADA, "")
    assert caught.value.extensions == {"code": "COST_TOO_HIGH", "limit": 5, "value": 6}


@pytest.fixture
def documents_of():
    documents = Documents(schema._schema)

    def prepare(text: str):
        prepared = documents.parse(text)
        documents.validate(prepared)
        return prepared

    return prepare


async def test_what_is_refused_is_429_and_says_when_to_come_back(endpoint, client_of) -> None:
    admission = Admission(CostModel(schema._schema, lambda: 0), 1000, Budget(2, Clock()))
    client = await client_of(endpoint(admission=admission, batch_limit=5))
    for accept in ("application/json", "application/graphql-response+json"):
        headers = {"accept": accept}
        assert (await client.post(URL, json={"query": "{ greeting }"}, headers=headers)).json() == {
            "data": {"greeting": "Hello you!"}
        }
    refused = await client.post(URL, json={"query": "{ greeting }"})
    assert refused.status_code == 429
    seconds = int(refused.headers["retry-after"])
    assert list(refused.json()) == ["errors"]
    extensions = {"code": "RATE_LIMITED", "limit": 2, "value": 1, "retryAfter": seconds}
    assert refused.json()["errors"][0]["extensions"] == extensions
    # Somebody else is not concerned.
    headers = {"authorization": "Bearer seven"}
    batch = await client.post(URL, json=[{"query": "{ greeting }"}] * 3, headers=headers)
    assert ["data" in answer for answer in batch.json()] == [True, True, False]


@pytest.mark.parametrize("counted_in", ["memory", "redis"])
def test_budgets_are_of_clients_behind_trusted_proxies_and_of_graphql_alone(
    tmp_path: Path, request: pytest.FixtureRequest, counted_in: str
) -> None:
    settings = {
        "STATS_GATEWAY_COST_PER_MINUTE": "3",
        "STATS_GATEWAY_TRUSTED_PROXIES": "127.0.0.1",
    }
    if counted_in == "redis":
        settings["STATS_GATEWAY_BUDGET_REDIS_URL"] = request.getfixturevalue("redis_url")
    with serving(tmp_path, **settings) as server:

        def ask(forwarded: str) -> int:
            body = {"query": "{ classifications { totalCount timeSpent } comments { totalCount } }"}
            headers = {"x-forwarded-for": forwarded, "accept": "application/graphql-response+json"}
            return httpx.post(server.url, json=body, headers=headers).status_code

        # Each costs 4: more than a budget of 3 will ever pay.
        assert ask("203.0.113.1") == 400

        def count(forwarded: str) -> int:
            headers = {"x-forwarded-for": forwarded}
            query = {"query": "{ classifications { totalCount timeSpent } me { id } }"}
            return httpx.get(server.url, params=query, headers=headers).status_code

        assert [count("198.51.100.1"), count("198.51.100.1")] == [200, 429]
        # The address that the proxy appended counts, not what the client wrote before it.
        assert [count("1.2.3.4, 198.51.100.1"), count("198.51.100.2")] == [429, 200]
        assert count("198.51.100.2, 127.0.0.1") == 429
        base = server.url.removesuffix("/graphql")
        for _ in range(10):
            assert httpx.get(f"{base}/classifications").status_code == 200
            stream = httpx.post(f"{base}/kinesis", content=json.dumps({"payload": []}))
            assert stream.status_code == 403
