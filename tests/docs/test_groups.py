"""The operations of ``docs/groups.md``, one after the other, are answered as shown."""

from __future__ import annotations

from tests.docs.markdown import ROOT
from tests.docs.own import answered_as_shown, own_blocks
from tests.resolvers.mutations.village import Village

SHOWN = own_blocks(ROOT / "docs" / "groups.md")
TOKEN = "query ($id: ID!) { userGroup(id: $id) { joinLink { token } } }"
#: The member of whom the document tells has come by the link, once the group is there.
MEMBER, WHEN = "cleo", 3


async def test_a_group_is_led_as_shown(people: Village) -> None:
    story = [SHOWN[place : place + 3] for place in range(0, len(SHOWN), 3)]
    for place, shown in enumerate(story):
        if place == WHEN:
            token = (await people.ask("ada", TOKEN, id="1"))["userGroup"]["joinLink"]["token"]
            assert (await people.do(MEMBER, "joinUserGroup", id="1", joinToken=token))["changed"]
        await answered_as_shown(people, shown)
    assert len(story) > WHEN
