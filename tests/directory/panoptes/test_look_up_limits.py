"""How many unknown ids may be looked up, and what is told beyond that."""

from __future__ import annotations

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.directory.panoptes.look_up_limits import LookUpLimits
from tests.directory.panoptes.asking import ADA, CYD, SITE_ADMIN, Clock, gateway_beside
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import GROUP, TOTAL


async def test_beyond_its_limit_an_address_is_told_so_and_others_are_not(
    database: Database, panoptes: LocalPanoptes
) -> None:
    limits = LookUpLimits(each=5, in_all=8)
    async with gateway_beside(panoptes, database, Clock(), limits=limits) as gateway:
        assert (await gateway.ask(GROUP, ANONYMOUS, id="502")).codes == {}
        await gateway.live.drain()
        for number in range(700, 704):
            answer = await gateway.ask(GROUP, ANONYMOUS, id=str(number))
            assert answer.codes == {"userGroup": "NOT_FOUND"}
        panoptes.asked.clear()
        beyond = await gateway.ask(GROUP, ANONYMOUS, id="704")
        assert beyond.codes == {"userGroup": "UNAVAILABLE"}
        # What is stored and fresh still serves.
        assert (await gateway.ask(GROUP, ANONYMOUS, id="502")).codes == {}
        assert panoptes.asked == []
        # Nothing was remembered as absent: another address finds out.
        panoptes.group(704, "public_show_all")
        assert (await gateway.ask(GROUP, ANONYMOUS, client="192.0.2.2", id="704")).codes == {}


async def test_the_limit_does_not_tell_a_hidden_group_from_one_that_there_is_not(
    database: Database, panoptes: LocalPanoptes
) -> None:
    """501 is stored and hidden, 777 is known to be absent, and nothing is known of 778."""

    async def codes_beside(asked: str) -> list[str]:
        """Ask for one of them, and then for others until no more are told of."""
        limits = LookUpLimits(each=5, in_all=1000)
        async with gateway_beside(panoptes, database, clock, limits=limits) as gateway:
            await gateway.ask(TOTAL, ADA, id="501")
            await gateway.ask(GROUP, SITE_ADMIN, id="777")
            await gateway.live.drain()
            answers = [await gateway.ask(GROUP, CYD, id=asked)]
            answers += [await gateway.ask(GROUP, CYD, id=str(800 + n)) for n in range(4)]
            answers += [await gateway.ask(GROUP, CYD, id=asked)]
            own = await gateway.ask(GROUP, ADA, id="501")
            assert own.codes == {}
            return [answer.codes["userGroup"] for answer in answers]

    clock = Clock()
    told = [await codes_beside(asked) for asked in ("501", "777", "778")]
    assert told[0] == told[1] == told[2]
    assert told[0][0] == "NOT_FOUND"
    assert told[0][-1] == "UNAVAILABLE"


async def test_beyond_the_limit_of_all_the_signed_in_are_apart_from_the_anonymous(
    database: Database, panoptes: LocalPanoptes
) -> None:
    limits = LookUpLimits(each=5, in_all=8)
    async with gateway_beside(panoptes, database, Clock(), limits=limits) as gateway:
        codes = [
            (await gateway.ask(GROUP, ANONYMOUS, client=f"192.0.2.{n}", id=str(700 + n))).codes
            for n in range(9)
        ]
        assert codes == [{"userGroup": "NOT_FOUND"}] * 8 + [{"userGroup": "UNAVAILABLE"}]
        assert (await gateway.ask(GROUP, ADA, id="502")).codes == {}


async def test_a_question_beyond_the_limit_is_refused_whole_and_asks_for_nothing(
    database: Database, panoptes: LocalPanoptes
) -> None:
    limits = LookUpLimits(each=5, in_all=100)
    async with gateway_beside(panoptes, database, Clock(), limits=limits) as gateway:
        answer = await gateway.ask(
            "query($ids: [ID!]!) { userGroupsByIds(ids: $ids) { id } }",
            ANONYMOUS,
            ids=["502", *map(str, range(700, 710))],
        )
        assert answer.codes == {"userGroupsByIds": "UNAVAILABLE"}
        assert panoptes.asked == []
