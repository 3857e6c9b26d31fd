"""Claims of a token that identify its viewer: Panoptes' own, or those of another issuer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.auth.viewer import Viewer
from gateway.errors import InvalidEvent
from gateway.events.ids import read_id


class ClaimNames(NamedTuple):
    """Names of claims, or paths to them such as ``data.id``.

    ``admin_scope`` is the scope that makes a site admin besides the ``admin`` claim; None if no
    scope does. ``group_scope`` is the scope that a token with scopes needs to change groups; None
    if none is needed. A token without a claim of scopes may.
    """

    id: str = "data.id"
    login: str = "data.login"
    display_name: str = "data.dname"
    admin: str = "data.admin"
    scope: str = "data.scope"
    admin_scope: str | None = None
    group_scope: str | None = "group"


PANOPTES = ClaimNames()


def viewer_of(payload: Mapping[str, object], names: ClaimNames = PANOPTES) -> Viewer:
    """The viewer that a verified payload names; InvalidEvent if its id is no id."""
    return Viewer(
        id=_id(payload, names.id),
        login=_text(_claim(payload, names.login)),
        display_name=_text(_claim(payload, names.display_name)),
        # Nothing but JSON's true: "true" and 1 are no admins.
        is_site_admin=_claim(payload, names.admin) is True or _has_admin_scope(payload, names),
        may_change_groups=_may_change_groups(payload, names),
    )


def _id(payload: Mapping[str, object], name: str) -> int:
    value = _claim(payload, name)
    user_id = read_id(value, name)
    # Ids have one spelling: "007" is another issuer's name for somebody.
    if isinstance(value, str) and value != str(user_id):
        raise InvalidEvent(f"The claim {name} must be an id, written as decimal text.")
    return user_id


def _has_admin_scope(payload: Mapping[str, object], names: ClaimNames) -> bool:
    return names.admin_scope is not None and names.admin_scope in _scopes(payload, names)


def _may_change_groups(payload: Mapping[str, object], names: ClaimNames) -> bool:
    if names.group_scope is None or _claim(payload, names.scope) is None:
        return True
    return names.group_scope in _scopes(payload, names)


def _scopes(payload: Mapping[str, object], names: ClaimNames) -> list[object]:
    scopes = _claim(payload, names.scope)
    # OAuth writes one text with spaces between (RFC 8693, section 4.2), Panoptes a list.
    granted = scopes.split(" ") if isinstance(scopes, str) else scopes
    return granted if isinstance(granted, list) else []


def _claim(claims: object, path: str) -> object:
    """The claim at the path; None if there is none. A claim of that very name comes first.

    Names may have dots of their own, as URLs do: ``https://example.org/id``.
    """
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    for end, character in enumerate(path):
        if character == "." and path[:end] in claims:
            return _claim(claims[path[:end]], path[end + 1 :])
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
