"""The two servers: the tests' own Panoptes, and a served gateway that decides about groups."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.directory.panoptes.local import LocalPanoptes, panoptes_running
from tests.directory.panoptes.local_answers import ACCEPT
from tests.directory.panoptes.local_caller import Caller
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET
from tests.server import Server, environment, run_command, serving

#: People who wait to be somebody in a test; nobody of them is in two.
PEOPLE = 4000
FIRST_PERSON = 10_001
SITE_ADMIN = 1
PROJECT = 11
SCOPES = ("user", "group", "public")
#: Of who sends the stream of events.
STREAM = ("stream", "open sesame")
TIMEOUT_SECONDS = 60


class MakeToken(Protocol):
    def __call__(
        self, user_id: int, *, admin: bool = False, scopes: tuple[str, ...] = SCOPES
    ) -> str: ...


@dataclass
class Side:
    """A server, who it is to be expected to be, and how people get tokens of it."""

    url: str
    is_ours: bool
    token_of: MakeToken
    #: Who may send events.
    stream: tuple[str, str] = STREAM
    #: The process, or the Panoptes, behind it.
    server: Server | None = None
    panoptes: LocalPanoptes | None = None
    http: httpx.Client = field(default_factory=partial(httpx.Client, timeout=TIMEOUT_SECONDS))
    _ids: Iterator[int] = field(default_factory=partial(count, FIRST_PERSON))

    @property
    def forwards(self) -> bool:
        """Whether it is the gateway, and changes groups at a Panoptes."""
        return self.is_ours and self.panoptes is not None

    def person(self) -> int:
        """The id of somebody who is known, and is nobody in particular yet."""
        user_id = next(self._ids)
        assert user_id < FIRST_PERSON + PEOPLE
        return user_id

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        **headers: str | None,
    ) -> httpx.Response:
        """Ask for a path of the API as a front end does; a header that is None is left out.

        Names of headers have underscores for hyphens. A body of bytes is sent as it is.
        """
        sent: dict[str, str | None] = {"Accept": ACCEPT, "Content-Type": "application/json"}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return self.http.request(
            method,
            f"{self.url}/api{path}",
            content=content,
            headers={name: value for name, value in sent.items() if value is not None},
        )


def login_of(user_id: int) -> str:
    return f"volunteer-{user_id}"


def people() -> Iterator[int]:
    yield SITE_ADMIN
    yield from range(FIRST_PERSON, FIRST_PERSON + PEOPLE)


@contextmanager
def panoptes_side() -> Iterator[Side]:
    with panoptes_running() as panoptes:
        for user_id in people():
            panoptes.user(user_id, login_of(user_id))
        panoptes.project(PROJECT, "zoo/cats")

        def token_of(user_id: int, *, admin: bool = False, scopes: tuple[str, ...] = SCOPES) -> str:
            return panoptes.token_of(user_id, admin=admin, scopes=frozenset(scopes))

        with httpx.Client(timeout=TIMEOUT_SECONDS) as http:
            yield Side(panoptes.url, False, token_of, panoptes=panoptes, http=http)


@contextmanager
def forwarding_side(folder: Path, database_url: str, **settings: str) -> Iterator[Side]:
    """A gateway that is served beside a Panoptes, at which it changes groups."""
    with panoptes_side() as there:
        assert there.panoptes is not None
        beside = {
            "STATS_GATEWAY_GROUPS": "panoptes",
            "STATS_GATEWAY_PANOPTES_URL": there.url,
            "STATS_GATEWAY_PANOPTES_CLIENT_ID": CLIENT_ID,
            "STATS_GATEWAY_PANOPTES_CLIENT_SECRET": CLIENT_SECRET,
            # Longer than any machine takes for a test's own Panoptes.
            "STATS_GATEWAY_PANOPTES_TIMEOUT_SECONDS": "30",
            "STATS_GATEWAY_PANOPTES_CHANGE_SECONDS": "60",
        }
        with our_side(folder, database_url, there.panoptes, **beside, **settings) as side:
            yield side


@contextmanager
def our_side(
    folder: Path, database_url: str, beside: LocalPanoptes | None = None, **settings: str
) -> Iterator[Side]:
    """A gateway that is served, whose directory knows the people and no group.

    Its tokens are also taken by the Panoptes ``beside`` it.
    """
    named = {"STATS_GATEWAY_DATABASE_URL": database_url}
    document = folder / "directory.json"
    document.write_text(json.dumps(_directory()))
    for command in (
        ("directory", "load", str(document)),
        ("keys", "new", "--directory", str(folder)),
    ):
        run_command(command, environment(folder, named)).check_returncode()
    # Read once: checking a key takes longer than signing a thousand tokens.
    key = load_pem_private_key((folder / "private.pem").read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)

    def token_of(user_id: int, *, admin: bool = False, scopes: tuple[str, ...] = SCOPES) -> str:
        login = login_of(user_id)
        who = {"id": user_id, "login": login, "dname": login.title(), "scope": [*scopes]}
        claims = {"data": {**who, "admin": admin}, "exp": int(time.time()) + 3600}
        token = jwt.encode({**claims, "iss": "pan-prod"}, key, algorithm="RS512")
        if beside is not None:
            beside.tokens[token] = time.time() + 3600
            caller = Caller(str(user_id), is_admin=admin, scopes=frozenset(scopes))
            beside.people[token] = caller
        return token

    own = {
        "STATS_GATEWAY_GROUPS": "own",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(folder / "public.pem"),
        "STATS_GATEWAY_CORS_ORIGINS": "*",
        "STATS_GATEWAY_STREAM_USERNAME": STREAM[0],
        "STATS_GATEWAY_STREAM_PASSWORD": STREAM[1],
    }
    with (
        serving(folder, **{**named, **own, **settings}) as server,
        httpx.Client(timeout=TIMEOUT_SECONDS) as http,
    ):
        url = server.url.removesuffix("/graphql")
        yield Side(url, True, token_of, server=server, panoptes=beside, http=http)


def _directory() -> dict[str, Any]:
    return {
        "users": [
            {"id": one, "login": login_of(one), "display_name": login_of(one).title()}
            for one in people()
        ],
        "projects": [{"id": PROJECT, "slug": "zoo/cats", "display_name": "Cats"}],
    }
