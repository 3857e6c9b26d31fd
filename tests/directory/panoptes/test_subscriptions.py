"""Live answers that rest on Panoptes: it is asked again as soon as a query would ask it."""

from __future__ import annotations

import asyncio

from gateway.auth.viewer import ANONYMOUS
from tests.directory.panoptes.asking import BOB, FRESH_SECONDS, Gateway
from tests.directory.panoptes.local import LocalPanoptes
from tests.events_of import classification, store
from tests.graphql import cached_gateway
from tests.graphql.live.followers import follow, live_answers, sent

TOTAL = "userGroup(id: $id) { classifications { totalCount } }"


async def test_panoptes_is_asked_again_when_its_answer_is_not_fresh(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    loop = asyncio.get_running_loop()
    async with (
        cached_gateway.Gateway(gateway.database, live=gateway.live) as served,
        live_answers(served) as live,
    ):
        stream = await follow(live, TOTAL, BOB, id="501")
        assert (await sent(stream)).keys() == {"data"}
        await gateway.live.drain()
        # A change of anything else asks Panoptes for nothing.
        panoptes.asked.clear()
        await store(gateway.database, classification(1, groups=(501,)))
        await live.tick()
        assert (await sent(stream))["data"]["live"] == {
            "userGroup": {"classifications": {"totalCount": 1}}
        }
        assert panoptes.asked == []
        await live.tick()
        assert live.counts.executed == 1
        # Bob leaves, and a minute passes for Panoptes' answer and for the loop.
        panoptes.take_out("memberships", user_group=501, user=BOB.id)
        gateway.clock.pass_by(FRESH_SECONDS)
        (page,) = live._operations.pages()
        page[0]._fresh_until -= FRESH_SECONDS
        assert page[0]._fresh_until <= loop.time()
        await live.tick()
        frame = await sent(stream)
        assert frame["data"] == {"live": {"userGroup": None}}
        assert [error["extensions"]["code"] for error in frame["errors"]] == ["NOT_FOUND"]


async def test_what_is_fresh_for_less_is_asked_for_earlier(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    await gateway.ask("query ($id: ID!) { userGroup(id: $id) { name } }", ANONYMOUS, id="502")
    await gateway.live.drain()
    gateway.clock.pass_by(FRESH_SECONDS - 10)
    async with (
        cached_gateway.Gateway(gateway.database, live=gateway.live) as served,
        live_answers(served) as live,
    ):
        await follow(live, "userGroup(id: $id) { name }", id="502")
        (page,) = live._operations.pages()
        assert page[0]._fresh_until <= asyncio.get_running_loop().time() + 10
