"""PyPI's ``panoptes_client``: a group is created, filled, led and deactivated by it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.jsonapi_contract.clients.person import ClientError, Person, person
from tests.jsonapi_contract.sides import SITE_ADMIN, Side, login_of

SCRIPT = Path(__file__).with_name("python_person.py")

#: A process for each person: the client keeps who is signed in for each thread.
Somebody = Callable[[], Person]


@pytest.fixture
def somebody(side: Side) -> Iterator[Somebody]:
    """Each call is another person at a client of their own."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(at_client(side, side.person()))


def at_client(side: Side, user_id: int, *, admin: bool = False) -> AbstractContextManager[Person]:
    token = side.token_of(user_id, admin=admin)
    variables = {
        **os.environ,
        "ENDPOINT": side.url,
        "TOKEN": token,
        "ADMIN": "yes" if admin else "no",
    }
    return person([sys.executable, SCRIPT], variables, user_id)


def test_a_group_lives_from_its_creation_to_its_end(side: Side, somebody: Somebody) -> None:
    ada, bob, cyd = somebody(), somebody(), somebody()
    name = f"g-{uuid4()}"
    made = ada.call("create", {"name": name, "display_name": f"Class {name}"})
    group, token = int(made["id"]), made["join_token"]

    # The first edit has the ETag of the answer to POST; the second one of a GET.
    assert ada.call("edit", {"display_name": "First"}) == {"display_name": "First"}
    wanted = {"display_name": f"Second {name}", "stats_visibility": "public_agg_only"}
    assert ada.call("edit", wanted) == wanted
    assert ada.call("search", {"search": f"second {name}"}) == [str(group)]
    assert ada.call("find", group)["join_token"] == token

    joined = bob.call("join", group, bob.user_id, token)
    assert (joined["state"], joined["roles"]) == ("active", ["group_member"])
    assert bob.call("find", group)["join_token"] is None
    invited = "invited" if side.is_ours else "inactive"
    others = [[str(cyd.user_id), invited, "group_member"]]
    if side.forwards:
        with pytest.raises(ClientError, match="Panoptes has no invitations"):
            ada.call("invite", group, [cyd.user_id])
        others = []
    else:
        ada.call("invite", group, [cyd.user_id])
    assert cyd.call("members", {"user_id": cyd.user_id}) == others

    own = bob.call("membership_of", bob.user_id, group)
    assert own == joined["id"]
    assert ada.call("set_roles", own, ["group_admin"]) == ["group_admin"]
    assert bob.call("find", group)["join_token"] == token
    assert sorted(ada.call("members", {"user_group_id": group, "page_size": 1})) == sorted(
        [
            [str(ada.user_id), "active", "group_admin"],
            [str(bob.user_id), "active", "group_admin"],
            *others,
        ]
    )
    bob.call("end_membership", own)
    assert bob.call("members", {"user_id": bob.user_id})[0][1] == "inactive"
    ada.call("end_group", group)
    with pytest.raises(ClientError, match=f"Could not find user_group with id='{group}'"):
        ada.call("find", group)


def test_it_searches_and_pages(side: Side, somebody: Somebody) -> None:
    ada, name = somebody(), f"g{uuid4().hex}"
    made = {
        ada.call("create", {"name": f"{name}-{n}", "display_name": f"{name} {n}"})["id"]
        for n in range(5)
    }
    found = ada.call("search", {"search": name, "page_size": 2})

    if side.is_ours:
        assert sorted(found, key=int) == sorted(made, key=int)
        assert found == sorted(found, key=int)
    else:
        # The second page of a search is, at Panoptes, one of all groups.
        assert set(found[:2]) <= made


def test_an_object_of_a_list_is_not_saved(side: Side, somebody: Somebody) -> None:
    ada, bob = somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    group = int(made["id"])
    bob.call("join", group, bob.user_id, made["join_token"])
    of_bob = {"user_group_id": group, "user_id": bob.user_id}

    with pytest.raises(ClientError) as caught:
        ada.call("set_roles_from_list", of_bob, ["group_admin"])
    assert caught.value.kind == "PanoptesAPIException"
    assert str(caught.value).strip() not in {"", "None"}
    assert ada.call("members", of_bob) == [[str(bob.user_id), "active", "group_member"]]


def test_a_member_leaves_with_the_tag_of_the_join(side: Side, somebody: Somebody) -> None:
    ada, bob = somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    bob.call("join", int(made["id"]), bob.user_id, made["join_token"])

    assert bob.call("set_state", "inactive") == "inactive"


def test_members_are_taken_out_by_links(side: Side, somebody: Somebody) -> None:
    ada, bob, cyd = somebody(), somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    group = int(made["id"])
    for one in (bob, cyd):
        one.call("join", group, one.user_id, made["join_token"])
    ada.call("remove", group, [bob.user_id])

    assert bob.call("members", {"user_id": bob.user_id})[0][1] == "inactive"
    assert cyd.call("members", {"user_id": cyd.user_id})[0][1] == "active"
    assert ada.call("login_of", cyd.user_id) == login_of(cyd.user_id)


def test_a_site_admin_leads_without_being_a_member(side: Side, somebody: Somebody) -> None:
    ada = somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    with at_client(side, SITE_ADMIN, admin=True) as site:
        found = site.call("find", made["id"])
    assert found["join_token"] == made["join_token"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "a b", "display_name": "New"}, "[Nn]ame"),
        ({"name": "fine", "display_name": ""}, "[Dd]isplay"),
        ({"name": "fine", "stats_visibility": "secret"}, "visibility"),
    ],
)
def test_a_refusal_is_an_exception_with_its_sentence(
    values: dict[str, str], sentence: str, somebody: Somebody
) -> None:
    fresh = {key: f"g-{uuid4()}" if one == "fine" else one for key, one in values.items()}
    with pytest.raises(ClientError, match=sentence) as caught:
        somebody().call("create", fresh)
    assert caught.value.kind == "PanoptesAPIException"


def test_a_wrong_token_is_an_exception(somebody: Somebody) -> None:
    ada, bob = somebody(), somebody()
    made = ada.call("create", {"name": f"g-{uuid4()}", "display_name": "Class"})
    with pytest.raises(ClientError) as caught:
        bob.call("join", int(made["id"]), bob.user_id, "wrong")
    assert caught.value.kind == "PanoptesAPIException"
    assert len(str(caught.value)) > 10
