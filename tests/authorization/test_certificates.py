"""Certificates, for each kind of viewer: a volunteer's own list, and one for whoever has a code."""

from __future__ import annotations

import pytest

from gateway.db import Database
from tests.asking import ask
from tests.authorization.mission import SITE_ADMINS, refusal
from tests.authorization.people import ASKING, VOLUNTEERS
from tests.authorization.test_goals import selection, told
from tests.certificates_of import code_of

CERTIFICATE = selection("Certificate")
UNKNOWN = code_of(0)


@pytest.mark.parametrize("asking", ASKING)
async def test_the_list_is_the_volunteers_own(filled: Database, asking: str) -> None:
    viewer = ASKING[asking]
    for user in VOLUNTEERS:
        document = f"{{ user(id: {user}) {{ certificates {CERTIFICATE} }} }}"
        asked = await ask(filled, document, viewer=viewer)
        found = asked.data["user"]["certificates"]
        if asking not in SITE_ADMINS and viewer.id != user:
            assert found is None
            assert [told(error)[1] for error in asked.errors] == [refusal(asking)]
            assert code_of(user) not in repr(asked)
            continue
        assert asked.errors == []
        assert [one["code"] for one in found] == [code_of(user)]


@pytest.mark.parametrize("asking", ASKING)
async def test_who_has_a_code_sees_the_same_whoever_they_are(filled: Database, asking: str) -> None:
    for code in (code_of(VOLUNTEERS[0]), UNKNOWN):
        document = f'{{ certificate(code: "{code}") {CERTIFICATE} }}'
        asked = await ask(filled, document, viewer=ASKING[asking])
        assert asked.errors == []
        assert asked.data == (await ask(filled, document)).data
        found = asked.data["certificate"]
        assert (found is None) is (code == UNKNOWN)
