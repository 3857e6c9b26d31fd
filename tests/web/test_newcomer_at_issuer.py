"""What newcomers do where one signs in at a real OpenID Connect provider.

The ids of its access tokens are numbers, as docs/authentication.md asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from gateway.cli.demo import ADMIN, MEMBER
from gateway.cli.demo_stream import write_stream
from gateway.cli.serving import free_port
from tests.web.conftest import Served
from tests.web.issuer import agree, begin, signing_in
from tests.web.newcomer import ready, take_part, working_beside
from tests.web.people import NewPerson, Person

#: Addresses that are not of this machine.
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1[:/])")


class Gateway(NamedTuple):
    root: str
    issuer: str
    #: Where ``demo classify`` reads where to send work.
    folder: Path


@pytest.fixture(scope="module")
def gateway(
    wheel_with_pages: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("newcomers")
    port = free_port("127.0.0.1", 0)
    stream = write_stream(folder, f"http://127.0.0.1:{port}/graphql")
    settings = {
        "STATS_GATEWAY_GROUPS": "own",
        "STATS_GATEWAY_STREAM_USERNAME": stream.username,
        "STATS_GATEWAY_STREAM_PASSWORD": stream.password,
    }
    with signing_in(wheel_with_pages, served, folder, refresh=True, port=port, **settings) as (
        at,
        issuer,
    ):
        yield Gateway(at.root, issuer, folder)


def test_newcomers_sign_in_at_the_issuer_take_part_and_prove_it(
    gateway: Gateway, new_person: NewPerson
) -> None:
    leader, member, stranger = people = [new_person() for _ in range(3)]
    for one in people:
        # The provider's own page asks others for its fonts.
        one.page.route(ELSEWHERE, lambda route: route.fulfill(content_type="text/css"))

    def sign_in(person: Person, user_id: int = MEMBER.user_id) -> None:
        begin(person.page, gateway.issuer)
        agree(person.page, str(user_id))

    leader.page.goto(gateway.root)
    sign_in(leader, ADMIN.user_id)
    expect(leader.page.get_by_text("Signed in as")).to_be_visible()
    ready(leader.page)
    leader.keep("signed-in")
    work = working_beside(gateway.folder)
    take_part(leader, member, stranger, gateway.root, sign_in, work)
