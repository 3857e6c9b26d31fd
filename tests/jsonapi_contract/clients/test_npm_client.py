"""npm's ``panoptes-client``: a group is created, filled, led and deactivated by it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from tests.jsonapi_contract.clients.person import ClientError, Person, person
from tests.jsonapi_contract.sides import Side, login_of
from tests.npm.project import ENVIRONMENT, FOLDER, install

Somebody = Callable[[], Person]


@pytest.fixture(scope="module")
def packages() -> None:
    install()


@pytest.fixture
def somebody(packages: None, side: Side) -> Iterator[Somebody]:
    """Each call is another person at a client of their own."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(at_client(side, side.person()))


def at_client(side: Side, user_id: int, **variables: str) -> AbstractContextManager[Person]:
    """Somebody at a client that asks this side, with a token unless there are other ways."""
    signed = variables or {"TOKEN": side.token_of(user_id)}
    own = {"PANOPTES_API_HOST": side.url, "NODE_ENV": "test", "NODE_NO_WARNINGS": "1", **signed}
    script = FOLDER / "panoptes_person.mjs"
    return person(["node", script], {**ENVIRONMENT, **own}, user_id)


@contextmanager
def signing_in(token: str) -> Iterator[str]:
    """Whoever signs people in, beside: it gives this token to all who ask."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = {"access_token": token, "refresh_token": "r", "expires_in": 7200}
            self.send_response(200 if self.path == "/oauth/token" else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(given).encode())

        def log_message(self, *_: object) -> None:
            """Nothing is told to the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_a_group_lives_from_its_creation_to_its_end(side: Side, somebody: Somebody) -> None:
    ada, bob, cyd = somebody(), somebody(), somebody()
    name = f"g-{uuid4()}"
    made = ada.call("create", {"name": name, "display_name": f"Class {name}"})
    group, token = int(made["id"]), made["join_token"]

    # From the second edit on it sends the Last-Modified of its last write as If-Unmodified-Since.
    assert ada.call("edit", {"display_name": "First"}) == {"display_name": "First"}
    wanted = {"display_name": f"Second {name}", "stats_visibility": "public_agg_only"}
    assert ada.call("edit", wanted) == wanted
    assert ada.call("search", {"search": f"second {name}", "page_size": 50}) == [str(group)]
    assert ada.call("find", group)["join_token"] == token

    joined = bob.call("join", group, bob.user_id, token)
    assert (joined["state"], joined["roles"]) == ("active", ["group_member"])
    assert bob.call("find", group)["join_token"] is None
    invited = "invited" if side.is_ours else "inactive"
    others = [[str(cyd.user_id), invited, "group_member"]]
    if side.forwards:
        with pytest.raises(ClientError, match="Panoptes has no invitations") as caught:
            ada.call("invite", group, [cyd.user_id])
        assert caught.value.status == 405
        others = []
    else:
        ada.call("invite", group, [cyd.user_id])
    assert cyd.call("members", {"user_id": str(cyd.user_id)}) == others

    own = bob.call("membership_of", bob.user_id, group)
    assert bob.call("groupOfMembership", own) == str(group)
    assert ada.call("set_roles", own, ["group_admin"]) == ["group_admin"]
    assert bob.call("find", group)["join_token"] == token
    assert [one[2] for one in sorted(ada.call("membersOfGroup", group))] == [
        "group_admin",
        "group_admin",
        *("group_member" for _ in others),
    ]
    if side.is_ours:
        assert ada.call("usersOfGroup", group) == sorted([str(ada.user_id), str(bob.user_id)])
    bob.call("end_membership", own)
    assert bob.call("members", {"user_id": str(bob.user_id)})[0][1] == "inactive"
    ada.call("end_group", group)
    with pytest.raises(ClientError, match=f"Could not find user_group with id='{group}'"):
        ada.call("find", group)


def test_members_are_taken_out_by_links_with_an_encoded_comma(
    side: Side, somebody: Somebody
) -> None:
    ada, bob, cyd = somebody(), somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    group = int(made["id"])
    for one in (bob, cyd):
        one.call("join", group, one.user_id, made["join_token"])
    ada.call("remove", group, [bob.user_id, cyd.user_id])

    for one in (bob, cyd):
        assert one.call("members", {"user_id": str(one.user_id)})[0][1] == "inactive"


def test_a_write_after_somebody_else_wrote_is_taken(side: Side, somebody: Somebody) -> None:
    """The client reads first, and its old If-Unmodified-Since is not looked at."""
    ada, bob = somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    joined = bob.call("join", int(made["id"]), bob.user_id, made["join_token"])
    for name in ("First", "Second", "Third"):
        assert ada.call("edit", {"display_name": name}) == {"display_name": name}

    assert ada.call("set_roles", joined["id"], ["group_admin"]) == ["group_admin"]
    assert bob.call("set_state", "inactive") == "inactive"


def test_a_refusal_is_an_error_with_its_sentence_and_status(somebody: Somebody) -> None:
    ada, bob = somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})

    with pytest.raises(ClientError) as caught:
        bob.call("join", int(made["id"]), bob.user_id, "wrong")
    assert caught.value.status == 422
    assert len(str(caught.value)) > 10
    with pytest.raises(ClientError, match=r"[Nn]ame") as caught:
        ada.call("create", {"name": "a b", "display_name": "New"})
    assert caught.value.status == 400


def test_whoever_is_signed_in_beside_is_found(side: Side, packages: None) -> None:
    user_id = side.person()
    with (
        signing_in(side.token_of(user_id)) as host,
        at_client(side, user_id, SIGN_IN_HOST=host) as ada,
    ):
        found = ada.call("check_current")
    assert found == {"id": str(user_id), "login": login_of(user_id)}
