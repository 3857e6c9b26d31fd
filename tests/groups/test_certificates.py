"""Certificates: what they say, how many there are, and how they end. Today is 2026-06-01."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.calendar import DayRange, day_date
from gateway.db.certificate_tables import certificate, certificate_issue
from gateway.directory.certificates import MOST_CERTIFICATES, digest_of
from gateway.directory.erase_user import erase_user
from gateway.errors import Forbidden, InvalidArgument, NotFound, Unauthenticated
from gateway.groups.certificates import MOST_ISSUES
from gateway.groups.commands import IssueCertificate, RevokeCertificate
from gateway.groups.refusals import RefusalCode
from gateway.groups.service import OPERATOR, GroupService
from tests.asking import answer
from tests.certificates_of import made_certificate, store_certificates
from tests.events_of import classification, day, instant, store
from tests.groups.people import ADA, BEN, DAN, SITE_ADMIN, MovingClock, Town

ALL = IssueCertificate(DayRange())
EVENTS = [
    classification(1, "2019-12-31T23:59", project=11),
    classification(2, "2024-02-29T12:00", project=11),
    classification(3, "2024-02-29T12:00", project=12, session_ms=1),
    classification(4, "2024-03-01T00:00", project=0),
    classification(5, "2026-06-01T09:00", project=13),
    classification(6, "2026-06-02T09:00", project=13),
    classification(7, "2024-02-29T12:00", user=2, project=14),
]
RANGES = [
    (None, None),
    ("2024-02-29", "2024-02-29"),
    ("2020-01-01", None),
    (None, "2024-12-31"),
    ("2024-03-01", "2030-12-31"),
    ("2026-06-01", "2026-06-01"),
]
STATISTICS = """query($range: DateRange, $within: StatsScope) { user(id: 1) {
    classifications(range: $range, within: $within) { totalCount timeSpent projectCount }
} }"""
PROJECTS = [{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}, {"id": 12, "slug": "zoo/dogs"}]


async def issued(town: Town, command: IssueCertificate = ALL, viewer: Viewer = ADA) -> Any:
    """The row of a new certificate."""
    outcome = await town.run(command, viewer)
    assert (outcome.changed, outcome.group_id, outcome.user_ids) == (True, 0, (viewer.id,))
    assert outcome.code is not None
    assert outcome.code not in repr(outcome)
    (row,) = await town.rows(certificate, digest=digest_of(outcome.code))
    assert row["code"] == outcome.code
    return row


async def revoke(town: Town, code: str, viewer: Viewer) -> None:
    await town.run(RevokeCertificate(code), viewer)


async def test_figures_are_those_of_the_api(town: Town) -> None:
    await store(town.database, *EVENTS)
    for (start, end), project in product(RANGES, (None, 11, 12, 99)):
        days = DayRange(*(None if one is None else day(one) for one in (start, end)))
        row = await issued(town, IssueCertificate(days, project))
        last = min(end or "2026-06-01", "2026-06-01")
        within = None if project is None else {"projectIds": [str(project)]}
        asked = {"range": {"start": start, "end": last}, "within": within}
        data = await answer(town.database, STATISTICS, asked)
        assert data["user"]["classifications"] == {
            "totalCount": row["n"],
            "timeSpent": row["ms"] / 1000,
            "projectCount": row["projects"],
        }
        assert (row["start_day"], row["project_id"]) == (days.start, project)
        assert day_date(row["end_day"]).isoformat() == last
    assert len({row["n"] for row in await town.rows(certificate)}) > 4


async def test_what_a_certificate_says_beside(town: Town) -> None:
    await town.settle(projects=PROJECTS)
    row = await issued(town, IssueCertificate(DayRange(), 11))
    names = ("user_id", "login", "display_name", "project_name")
    assert [row[name] for name in names] == [1, "ada", "Ada", "Cats"]
    assert row["issued_at"] > instant("2026-06-01T12:00")
    assert len(row["code"]) == 32
    assert (await issued(town, IssueCertificate(DayRange(), 12)))["project_name"] is None
    again = await issued(town, IssueCertificate(DayRange(), 11))
    assert again["code"] != row["code"]


async def test_the_name_is_the_directorys_and_may_be_missing(town: Town) -> None:
    """The token's where nothing else is known; later names change nothing that was issued."""
    await town.settle(users=[{"id": 2, "login": "ben", "display_name": "Benjamin"}])
    assert (await issued(town, viewer=BEN))["display_name"] == "Benjamin"
    nobody = await issued(town, viewer=Viewer(id=50))
    assert (nobody["login"], nobody["display_name"]) == (None, None)
    await town.settle(users=[{"id": 2, "login": "ben", "display_name": "Somebody"}])
    (kept,) = await town.rows(certificate, user_id=2)
    assert kept["display_name"] == "Benjamin"


async def test_of_days_to_come_nothing_is_certified(town: Town) -> None:
    with pytest.raises(InvalidArgument, match="2026-06-02, which is after today"):
        await town.run(IssueCertificate(DayRange(day("2026-06-02"))), ADA)
    assert await town.rows(certificate) == []


async def test_a_hundred_certificates_until_one_is_revoked(town: Town, clock: MovingClock) -> None:
    await store_certificates(
        town.database, *(made_certificate(number, 1) for number in range(1, MOST_CERTIFICATES + 1))
    )
    refusal = await town.refused(RefusalCode.LIMIT_REACHED, ALL, ADA)
    assert refusal.message == "You have 100 certificates: revoke one first."
    await issued(town, viewer=BEN)
    await revoke(town, f"{1:032x}", ADA)
    await issued(town)
    assert len(await town.rows(certificate, user_id=1)) == MOST_CERTIFICATES


async def test_a_hundred_a_day_those_revoked_included(town: Town, clock: MovingClock) -> None:
    for _ in range(MOST_ISSUES):
        await revoke(town, (await issued(town))["code"], ADA)
    refusal = await town.refused(RefusalCode.LIMIT_REACHED, ALL, ADA)
    assert "You may issue 100 certificates within a day" in refusal.message
    clock.jump(days=1)
    await issued(town)
    await issued(town, viewer=DAN)
    assert sorted(row["number"] for row in await town.rows(certificate_issue)) == [1, 1]


async def test_who_revokes(town: Town) -> None:
    mine, other = (await issued(town))["code"], (await issued(town))["code"]
    for viewer in (BEN, Viewer(id=50)):
        for code in (mine, "0" * 32, "", "\ud800", "x" * 10_000):
            with pytest.raises(NotFound) as refused:
                await revoke(town, code, viewer)
            assert code == "" or code not in refused.value.message
    with pytest.raises(Unauthenticated):
        await revoke(town, mine, ANONYMOUS)
    with pytest.raises(Forbidden):
        await revoke(town, mine, Viewer(is_site_admin=True, api_key_id="c0ffee"))
    # As people copy it from paper.
    await revoke(town, f" {mine[:16].upper()}-{mine[16:24]} {mine[24:]}\n", ADA)
    await revoke(town, other, SITE_ADMIN)
    assert await town.rows(certificate) == []
    with pytest.raises(NotFound):
        await revoke(town, mine, ADA)


async def test_an_operator_revokes_and_has_nothing_to_certify(town: Town) -> None:
    with pytest.raises(Forbidden):
        await town.run(ALL, OPERATOR)
    await revoke(town, (await issued(town))["code"], OPERATOR)
    assert await town.rows(certificate) == []


async def test_certificates_go_with_their_volunteer(town: Town) -> None:
    await issued(town)
    kept = await issued(town, viewer=BEN)

    def erase(connection: Connection) -> None:
        erase_user(connection, 1)

    await town.database.write(erase)
    assert [row["code"] for row in await town.rows(certificate)] == [kept["code"]]
    assert [row["user_id"] for row in await town.rows(certificate_issue)] == [2]
    with pytest.raises(Unauthenticated):
        await town.run(ALL, ADA)


async def test_certificates_need_no_groups(town: Town) -> None:
    alone = Town(town.database)
    alone.service = GroupService(town.database, is_on=False)
    await revoke(alone, (await issued(alone))["code"], ADA)
    with pytest.raises(Forbidden):
        await alone.run(ALL, Viewer(id=1, may_change_groups=False))
