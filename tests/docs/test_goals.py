"""The mutations of ``docs/goals.md``, one after the other, are answered as shown."""

from __future__ import annotations

from gateway.db import Database
from tests.docs.markdown import ROOT
from tests.docs.own import answered_as_shown, own_blocks
from tests.events_of import classification, store
from tests.resolvers.mutations.village import Village

SHOWN = own_blocks(ROOT / "docs" / "goals.md")


async def test_goals_are_set_and_changed_as_shown(people: Village, database: Database) -> None:
    assert await people.create("ada", "ben") is not None
    days = ("2026-05-19", "2026-05-20", "2026-05-31")
    events = [classification(n, f"{one}T12:00", user=2) for n, one in enumerate(days * 30, 1)]
    await store(database, *events)
    story = [SHOWN[place : place + 3] for place in range(0, len(SHOWN), 3)]
    for shown in story:
        await answered_as_shown(people, shown)
    # Set, refused, changed, archived, an own one.
    assert len(story) == 5
