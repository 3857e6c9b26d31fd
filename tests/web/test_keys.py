"""Keys alone do all that a pointer does: what newcomers do, and what has no step there."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.web.conftest import Served
from tests.web.hands import Keys
from tests.web.history import ADA, BERT
from tests.web.newcomer import TARGET, take_part
from tests.web.people import NewPerson, Person
from tests.web.test_goals import classify
from tests.web.test_session import sign_in


def test_keys_alone_take_a_newcomer_from_a_group_to_a_certificate(
    served: Served, new_person: NewPerson
) -> None:
    leader, member, stranger = (new_person(Keys) for _ in range(3))

    def sign_in_as(person: Person, user: int = BERT) -> None:
        sign_in(person.page, served.token_of(user), person.hands)

    def work(watch: object) -> int:
        group = int(urlsplit(leader.page.url).path.rpartition("/")[2])
        classify(served, BERT, TARGET, groups=(group,))
        watch()
        return TARGET

    leader.page.goto(served.root)
    sign_in_as(leader, ADA)
    expect(leader.page.get_by_text("Signed in as")).to_be_visible()
    take_part(leader, member, stranger, served.root, sign_in_as, work)
