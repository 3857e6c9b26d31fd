from itertools import product

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.auth.visibility import (
    StatsVisibility,
    ViewerRole,
    group_exists,
    may_see_aggregates,
    may_see_individuals,
    may_see_own_stats,
    role_of,
)
from gateway.directory.memberships import Membership, MembershipState

VIEWER = Viewer(id=1002, login="ada")
SITE_ADMIN = Viewer(id=1001, is_site_admin=True)


def belonging(state: str, *roles: str, user_id: int = 1002) -> Membership:
    return Membership(501, user_id, MembershipState(state), frozenset(roles))


#: Who asks: a viewer and the viewer's membership of the group.
ASKING = {
    "anonymous": (ANONYMOUS, None),
    "not a member": (VIEWER, None),
    "invited": (VIEWER, belonging("invited", "group_member")),
    "invited as admin": (VIEWER, belonging("invited", "group_admin")),
    "inactive": (VIEWER, belonging("inactive", "group_member")),
    "without roles": (VIEWER, belonging("active")),
    "member": (VIEWER, belonging("active", "group_member")),
    "group admin": (VIEWER, belonging("active", "group_admin")),
    "member and admin": (VIEWER, belonging("active", "group_admin", "group_member")),
    "inactive group admin": (VIEWER, belonging("inactive", "group_admin")),
    "site admin": (SITE_ADMIN, None),
}
ANYONE = set(ASKING)
MEMBERS = {"member", "group admin", "member and admin", "site admin"}
GROUP_ADMINS = {"group admin", "member and admin", "site admin"}

#: The mission's table: level, name, who sees aggregates, who sees individual stats.
TABLE = [
    (0, "private_agg_only", MEMBERS, GROUP_ADMINS),
    (1, "private_show_agg_and_ind", MEMBERS, MEMBERS),
    (2, "public_agg_only", ANYONE, GROUP_ADMINS),
    (3, "public_agg_show_ind_if_member", ANYONE, MEMBERS),
    (4, "public_show_all", ANYONE, ANYONE),
]


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize(("number", "name", "aggregates", "individuals"), TABLE)
def test_the_table_is_followed(
    number: int, name: str, aggregates: set[str], individuals: set[str], asking: str
) -> None:
    level, role = StatsVisibility.parse(name), role_of(*ASKING[asking])
    assert level == number
    assert may_see_aggregates(level, role) is (asking in aggregates)
    assert may_see_individuals(level, role) is (asking in individuals)


def test_whoever_sees_individuals_sees_aggregates_and_no_higher_role_sees_less() -> None:
    for level, role in product(StatsVisibility, ViewerRole):
        seen = (may_see_aggregates(level, role), may_see_individuals(level, role))
        assert seen != (False, True)
        for higher in ViewerRole:
            if higher > role:
                assert may_see_aggregates(level, higher) >= seen[0]
                assert may_see_individuals(level, higher) >= seen[1]


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("level", [0, 1])
def test_a_private_group_exists_for_its_people_alone(level: int, asking: str) -> None:
    told = MEMBERS | {"invited", "invited as admin"}
    role = role_of(*ASKING[asking])
    exists = group_exists(StatsVisibility(level), private=True, ended=False, role=role)
    assert exists is (asking in told)


@pytest.mark.parametrize("role", ViewerRole)
def test_the_mark_alone_hides_no_group_and_neither_does_the_level(role: ViewerRole) -> None:
    for level in StatsVisibility:
        assert group_exists(level, private=False, ended=False, role=role)
    for public in (2, 3, 4):
        level = StatsVisibility(public)
        assert group_exists(level, private=True, ended=False, role=role)


@pytest.mark.parametrize("role", ViewerRole)
@pytest.mark.parametrize("private", [True, False])
def test_a_group_that_ended_exists_for_site_admins_and_those_who_led_it_alone(
    role: ViewerRole, private: bool
) -> None:
    for level in StatsVisibility:
        exists = group_exists(level, private=private, ended=True, role=role)
        assert exists is (role is ViewerRole.SITE_ADMIN)
        assert group_exists(level, private=private, ended=True, role=role, led_to_the_end=True)


@pytest.mark.parametrize(
    ("state", "ended_by", "role", "led"),
    [
        ("inactive", "group", "group_admin", True),
        ("inactive", "left", "group_admin", False),
        ("inactive", None, "group_admin", False),
        ("inactive", "group", "group_member", False),
        ("active", "group", "group_admin", False),
    ],
)
def test_who_was_an_admin_when_the_group_was_deactivated_led_it_to_the_end(
    state: str, ended_by: str | None, role: str, led: bool
) -> None:
    assert belonging(state, role)._replace(ended_by=ended_by).led_to_the_end is led


def test_another_users_membership_gives_no_role() -> None:
    others = belonging("active", "group_admin", user_id=1003)
    assert role_of(VIEWER, others) is ViewerRole.ANYONE
    assert role_of(ANONYMOUS, others) is ViewerRole.ANYONE


@pytest.mark.parametrize(
    ("viewer", "allowed"),
    [(ANONYMOUS, False), (Viewer(id=1003), False), (VIEWER, True), (SITE_ADMIN, True)],
)
def test_own_stats_are_for_the_volunteer_and_site_admins(viewer: Viewer, allowed: bool) -> None:
    assert may_see_own_stats(viewer, 1002) is allowed


@pytest.mark.parametrize(("number", "name", "_aggregates", "_individuals"), TABLE)
def test_a_level_is_read_by_name_or_number(
    number: int, name: str, _aggregates: object, _individuals: object
) -> None:
    assert StatsVisibility.parse(name) is StatsVisibility.parse(number) is StatsVisibility(number)


@pytest.mark.parametrize("value", [-1, 5, "4", "PUBLIC_SHOW_ALL", "", None, True, 0.0, []])
def test_any_other_level_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not one of private_agg_only, "):
        StatsVisibility.parse(value)
