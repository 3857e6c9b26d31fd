"""Users and projects, as far as pages of groups need them."""

from __future__ import annotations

from tests.jsonapi_contract.case import ABSENT, ANY, Case, Length, got, refused

CASES = [
    Case(
        "public names of users",
        "nobody",
        "GET /users?id={admin},{member}&page=1",
        got(
            users=Length(2),
            users__0__id=ANY,
            users__0__login=ANY,
            users__0__display_name=ANY,
            users__0__credited_name=ANY,
            users__0__avatar_src=None,
            users__0__email=ABSENT,
            meta__users__count=2,
        ),
    ),
    Case(
        "a user by login",
        "nobody",
        "GET /users?login={login_of_member}",
        got(users__0__id="{member}"),
    ),
    Case("a user by id", "nobody", "GET /users/{member}", got(users__0__login="{login_of_member}")),
    Case("an unknown user", "nobody", "GET /users/{unknown}", refused(404)),
    Case(
        "users of a group",
        "admin",
        "GET /users?user_group_id={group}&page_size=100",
        got(users=Length(100)),
        got(users=Length(2)),
    ),
    Case(
        "users of a group that is hidden",
        "stranger",
        "GET /users?user_group_id={group}&page_size=100",
        got(users=Length(100)),
        got(users=[]),
    ),
    Case(
        "oneself",
        "member",
        "GET /me",
        got(users=Length(1), users__0__id="{member}", users__0__login=ANY),
    ),
    Case("nobody's self", "nobody", "GET /me", refused(401)),
    Case(
        "projects by id",
        "nobody",
        "GET /projects?cards=true&id={project}&page=1&page_size=100",
        got(
            projects__0__id="{project}",
            projects__0__display_name="Cats",
            projects__0__slug="zoo/cats",
        ),
    ),
]
