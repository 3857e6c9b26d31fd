"""The tests' own Panoptes is faithful: the official client, which knows the real one, gets along
with it."""

from collections.abc import Iterator

import httpx
import panoptes_client
import pytest
from panoptes_client.panoptes import LinkResolver, PanoptesAPIException, PanoptesObject

from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_answers import ACCEPT
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET


class UserGroup(PanoptesObject):
    """The official client has none of its own; it is made to be extended like this."""

    _api_slug = "user_groups"
    _link_slug = "user_group"
    _edit_attributes = ()


class Membership(PanoptesObject):
    _api_slug = "memberships"
    _link_slug = "memberships"
    _edit_attributes = ()


LinkResolver.register(UserGroup)
LinkResolver.register(Membership)


@pytest.fixture
def connected(panoptes: LocalPanoptes) -> Iterator[LocalPanoptes]:
    client = panoptes_client.Panoptes.connect(
        endpoint=panoptes.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, admin=True
    )
    yield panoptes
    client.session.close()
    del panoptes_client.Panoptes._local.panoptes_client


def test_it_finds_one_record_by_its_id(connected: LocalPanoptes) -> None:
    assert UserGroup.find(501).stats_visibility == "private_show_agg_and_ind"
    assert panoptes_client.Project.find(11).display_name == "Cats"
    assert panoptes_client.User.find(1001).login == "ada"


def test_a_workflow_has_its_retirement_and_links_to_its_project(connected: LocalPanoptes) -> None:
    workflow = panoptes_client.Workflow.find(101)

    assert workflow.retirement == {"criteria": "classification_count", "options": {"count": 15}}
    assert workflow.links.project.slug == "zoo/cats"


def test_a_project_is_found_by_its_slug(connected: LocalPanoptes) -> None:
    assert panoptes_client.Project.find(slug="zoo/cats").id == "11"


def test_links_between_groups_members_and_users_lead_on(connected: LocalPanoptes) -> None:
    group = UserGroup.find(501)

    assert [user.login for user in group.links.users] == ["ada", "bob"]
    assert [one.state for one in group.links.memberships] == ["active", "active"]
    assert next(Membership.where(user_group_id=502, user_id=1003)).links.user_group.id == "502"


def test_it_pages_through_all_records(connected: LocalPanoptes) -> None:
    for user_id in range(2001, 2121):
        connected.user(user_id, f"user{user_id}")

    assert len({user.id for user in panoptes_client.User.where()}) == 123
    assert [path for path in connected.asked if "users" in path] == [
        "/users?page_size=50&admin=True",
        "/users?page=2&page_size=50&admin=True",
        "/users?page=3&page_size=50&admin=True",
    ]


def test_an_unknown_id_is_an_error_with_a_message(connected: LocalPanoptes) -> None:
    with pytest.raises(PanoptesAPIException, match="Could not find user_group with id='777'"):
        UserGroup.find(777)


def test_a_person_signs_in_with_a_password(panoptes: LocalPanoptes) -> None:
    panoptes.logins["ada"] = "open sesame"
    client = panoptes_client.Panoptes(endpoint=panoptes.url, username="ada", password="open sesame")
    with client:
        assert panoptes_client.User.me().login == "ada"
    client.session.close()
    assert panoptes.tokens_given == 1


def test_a_wrong_password_is_refused(panoptes: LocalPanoptes) -> None:
    with pytest.raises(PanoptesAPIException, match="Invalid email or password"):
        panoptes_client.Panoptes(endpoint=panoptes.url, username="ada", password="guessed")


def test_without_the_media_type_there_is_nothing(panoptes: LocalPanoptes) -> None:
    url = f"{panoptes.url}/api/projects"

    assert httpx.get(url, timeout=60).status_code == 404
    assert httpx.get(url, headers={"Accept": ACCEPT}, timeout=60).status_code == 200


def test_memberships_need_a_token_and_private_groups_an_admin(panoptes: LocalPanoptes) -> None:
    headers = {"Accept": ACCEPT}
    groups = httpx.get(f"{panoptes.url}/api/user_groups", headers=headers, timeout=60).json()[
        "user_groups"
    ]

    assert (
        httpx.get(f"{panoptes.url}/api/memberships", headers=headers, timeout=60).status_code == 401
    )
    assert {group["name"] for group in groups} == {"ada", "bob", "cyd"}
