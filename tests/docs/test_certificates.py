"""The operations of ``docs/certificates.md``, one after the other, are answered as shown."""

from __future__ import annotations

from gateway.db import Database
from tests.docs.markdown import ROOT
from tests.docs.own import answered_as_shown, own_blocks
from tests.events_of import classification, store
from tests.resolvers.mutations.village import Village

SHOWN = own_blocks(ROOT / "docs" / "certificates.md")


async def test_a_certificate_is_issued_checked_and_revoked_as_shown(
    people: Village, database: Database
) -> None:
    events = [
        classification(1, "2025-12-31T23:59"),
        *(classification(n, "2026-05-31T12:00", project=9 + n) for n in (2, 3)),
        classification(4, "2026-06-01T09:00", project=11),
    ]
    await store(database, *events)
    issue, check, revoke = (SHOWN[place : place + 3] for place in range(0, len(SHOWN), 3))
    made = await answered_as_shown(people, issue)
    code = made["issueCertificate"]["certificate"]["code"]
    await answered_as_shown(people, check, code=code)
    await answered_as_shown(people, revoke, input={"code": code})
    assert await people.ask("nobody", check[0].text, code=code) == {"certificate": None}
