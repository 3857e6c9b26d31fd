"""A machine in which writers, changes of rights, ends of credentials and followers run together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from random import Random
from typing import Any, NamedTuple

from gateway.auth.viewer import Viewer
from gateway.db import Database, open_database
from gateway.directory.api_keys import revoke_api_key
from gateway.directory.erase_user import erase_user
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import GatewayError, Unauthenticated
from gateway.graphql.live.frames import Frame
from gateway.graphql.live.stream import LiveStream
from gateway.groups import commands
from gateway.groups.service import GroupService
from tests.auth.conftest import Pair
from tests.events_of import classification, clear, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.histories import (
    OVER,
    Followed,
    History,
    Sent,
    Tick,
    canonical,
    looked_after,
)
from tests.graphql.live.world import NOW_US, Lines, World, api_key, bearer
from tests.graphql.test_response_cache import join_token
from tests.loaders.test_never_stale import entries

GROUP, USERS, ERASABLE = 501, (1, 2, 3, 4), (3, 4)
ADMIN = Viewer(id=1)
SITE = "classifications { totalCount }"
PAGE = """userGroup(id: 501) {
    name statsVisibility memberCount viewerMembership { state roles }
    classifications { totalCount topContributors(first: 3) { count user { id login } } }
    members { nodes { login } } memberships { nodes { state user { id } } }
}"""
ONE_NUMBER = "userGroup(id: 501) { classifications { totalCount } }"
ME = "me { id login memberships { nodes { state roles } } classifications { totalCount } }"
DIRECTORY = {
    "users": [{"id": one, "login": f"u{one}"} for one in USERS],
    "user_groups": [{"id": GROUP, "name": "g", "stats_visibility": "private_agg_only"}],
    "memberships": [
        {"user_group_id": GROUP, "user_id": 1, "state": "active", "roles": ["group_admin"]},
        {"user_group_id": GROUP, "user_id": 2, "state": "active", "roles": ["group_member"]},
    ],
}


class Kind(NamedTuple):
    """A kind of subscriber: what they ask, and who they are."""

    selection: str
    who: str


KINDS = (
    Kind(SITE, "nobody"),
    Kind(PAGE, "nobody"),
    *(Kind(PAGE, f"user {one}") for one in USERS),
    Kind(ONE_NUMBER, "user 2"),
    Kind(ONE_NUMBER, "user 3"),
    Kind(ME, "user 2"),
    Kind(ME, "user 4"),
    Kind(PAGE, "site admin"),
    Kind(PAGE, "key"),
    Kind(PAGE, "short token"),
    Kind(PAGE, "old token"),
)


class Machine:
    """One life: writes that ``random`` chooses, while others follow and a hub looks."""

    def __init__(
        self, served: Database, writer: Database, keys: tuple[Pair, Pair], random: Random
    ) -> None:
        self.random = random
        self.history = History()
        self.writer = writer
        self.ours, self.older = keys
        self.world = World(served, self.ours.key, self.older.key)
        # Of its own, so that nothing of what is checked is used to check it.
        self.truth = Gateway(writer, caches=False)
        self.service = GroupService(writer)
        self.credentials: dict[str, Lines] = {}
        self.viewers: dict[str, Viewer] = {}
        self.events = 0
        self.is_revoked = False
        self.streams: dict[LiveStream, Followed] = {}
        self.have_stopped = False
        self.settled = asyncio.Event()

    async def live(self, steps: int) -> None:
        """Let so many writes be made, and check all that was sent meanwhile."""
        await self._begin()
        async with self.world.gateway, self.world.authenticator, self.world.live:
            for who, lines in self.credentials.items():
                self.viewers[who] = await self.world.authenticator.identify(lines)
            await self._record()
            with noted(self.history):
                await self._live(steps)
        self.history.check()

    async def _begin(self) -> None:
        await self.writer.write(clear)
        await self.writer.write(entries(**DIRECTORY))
        await self.service.run(commands.UpdateJoinLink(GROUP, enabled=True), ADMIN)
        self.credentials = {
            "nobody": (),
            **{f"user {one}": bearer(self.ours, one) for one in USERS},
            "site admin": await api_key(self.writer, "never revoked"),
            "key": await api_key(self.writer, "key"),
            "short token": bearer(self.ours, 2, seconds=600),
            "old token": bearer(self.older, 2),
        }

    async def _live(self, steps: int) -> None:
        async with asyncio.TaskGroup() as group:
            for kind in KINDS:
                group.create_task(self._follow(kind, slow=False))
                group.create_task(self._follow(kind, slow=True))
            looking = group.create_task(self._look())
            await self._write(steps)
            self.have_stopped = True
            await looking
            await self._tick()
            self.settled.set()

    # Who writes

    def _actions(self) -> dict[str, Callable[[], Awaitable[Any]]]:
        user = self.random.choice(USERS)
        level = self.random.choice(list(StatsVisibility))
        return {
            f"store of {user}": partial(self._store, user),
            f"store of {user} and nobody": partial(self._store, user, None),
            f"join {user}": partial(self._join, user),
            f"leave {user}": partial(self._run, commands.Leave(GROUP), Viewer(id=user)),
            f"remove {user}": partial(self._run, commands.RemoveMembers(GROUP, (user,))),
            f"lead {user}": partial(self._run, commands.SetRole(GROUP, user, "group_admin")),
            f"follow {user}": partial(self._run, commands.SetRole(GROUP, user, "group_member")),
            f"{level.name}": partial(
                self._run, commands.UpdateGroup(GROUP, stats_visibility=level)
            ),
            "end": partial(self._run, commands.DeactivateGroup(GROUP)),
            "go on": partial(self._run, commands.ReactivateGroup(GROUP)),
        }

    def _endings(self) -> dict[str, Callable[[], Awaitable[Any]]]:
        user = self.random.choice(ERASABLE)
        return {
            f"erase {user}": lambda: self.writer.write(partial(erase_user, user_id=user)),
            "revoke": self._revoke,
            "expire": self._expire,
            "distrust": self._distrust,
        }

    async def _write(self, steps: int) -> None:
        for step in range(steps):
            is_ending = step > steps // 3 and self.random.random() < 0.2
            actions = self._endings() if is_ending else self._actions()
            what = self.random.choice(list(actions))
            self.history.begin(what)
            await actions[what]()
            await self._record()
            await asyncio.sleep(self.random.choice([0, 0, 0.005, 0.03]))

    async def _store(self, *users: int | None) -> None:
        events = []
        for user in users:
            self.events += 1
            groups = (GROUP,) if self.random.random() < 0.7 else ()
            events.append(classification(self.events, user=user, groups=groups))
        await store(self.writer, *events)

    async def _run(self, command: commands.Command, viewer: Viewer = ADMIN) -> None:
        with suppress(GatewayError):
            await self.service.run(command, viewer)

    async def _join(self, user: int) -> None:
        token = await join_token(self.writer, GROUP)
        await self._run(commands.Join(GROUP, token), Viewer(id=user))

    async def _revoke(self) -> None:
        key_id = self.viewers["key"].api_key_id
        assert key_id is not None
        await self.writer.write(partial(revoke_api_key, id_or_name=key_id, now_us=NOW_US))

    async def _expire(self) -> None:
        self.world.passed = 700
        self._end("short token")

    async def _distrust(self) -> None:
        self.world.keys = [self.ours.key]
        await self.world.source.refresh()
        self._end("old token")

    def _end(self, who: str) -> None:
        for kind in KINDS:
            if kind.who == who:
                self.history.over.setdefault(kind, self.history.begun)

    async def _record(self) -> None:
        """Note what is true now; nobody else writes."""
        self.history.done = self.history.begun
        self.is_revoked = self.is_revoked or self.history.writes[-1] == "revoke"
        state: dict[Hashable, bytes] = {}
        for kind in KINDS:
            if kind.who == "key" and self.is_revoked:
                state[kind] = OVER
                continue
            answer = await self.truth.answer(f"{{ {kind.selection} }}", self.viewers[kind.who])
            state[kind] = canonical(answer)
        self.history.states.append(state)

    # Who looks, and who follows

    async def _look(self) -> None:
        while not self.have_stopped:
            # In a task of its own, whose context tells when it began.
            await asyncio.create_task(self._tick())
            await asyncio.sleep(self.random.choice([0, 0.001, 0.02]))

    async def _tick(self) -> None:
        least = self.history.done
        looked_after.set(least)
        there = list(self.streams.items())
        failed = self.world.live.counts.failed
        await self.world.live.tick()
        if self.world.live.counts.failed != failed:
            return
        for stream, followed in there:
            last = None if stream.is_over else followed.sent[-1].frame
            followed.ticks.append(Tick(least, self.history.begun, last))

    async def _follow(self, kind: Kind, *, slow: bool) -> None:
        """Follow again and again, each time for a while."""
        while not self.have_stopped:
            await asyncio.sleep(self.random.random() * 0.1)
            if kind in self.history.over:
                # PyJWT has a clock of its own, by which the token is still good.
                return
            looked_after.set(self.history.done)
            try:
                stream = await self.world.open(kind.selection, self.credentials[kind.who])
            except Unauthenticated:
                return
            followed = Followed(kind, sent=sent_to(stream))
            self.history.followed.append(followed)
            self.streams[stream] = followed
            try:
                until = asyncio.get_running_loop().time() + self.random.choice([0.05, 0.5, 600])
                await self._read(stream, followed, until, slow=slow)
            except Unauthenticated:
                continue
            finally:
                del self.streams[stream]
                stream.close()

    async def _read(
        self, stream: LiveStream, followed: Followed, until: float, *, slow: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        while not self.settled.is_set():
            if loop.time() > until and not self.have_stopped:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    followed.read.append(await anext(stream))
            if slow:
                await asyncio.sleep(self.random.random() * 0.1)
        with suppress(TimeoutError):
            async with asyncio.timeout(0):
                while True:
                    followed.read.append(await anext(stream))
        followed.to_the_end = True


#: What is sent to each stream while it is noted. A stream has no room for it.
_SENT: dict[LiveStream, list[Sent]] = {}


def sent_to(stream: LiveStream) -> list[Sent]:
    """What is sent to a stream while it is noted."""
    return _SENT.setdefault(stream, [])


@contextmanager
def noted(history: History) -> Iterator[None]:
    """Note all that is sent, and how many writes were done when whoever sends it has looked."""
    send = LiveStream.send

    def noting(stream: LiveStream, frame: Frame) -> None:
        if not stream.is_over:
            sent_to(stream).append(Sent(frame.data, looked_after.get(), history.begun))
        send(stream, frame)

    LiveStream.send = noting  # type: ignore[method-assign]
    try:
        yield
    finally:
        LiveStream.send = send  # type: ignore[method-assign]
        _SENT.clear()


async def lead_a_life(
    served: Database, database_url: str, keys: tuple[Pair, Pair], seed: int, steps: int
) -> Machine:
    """Let a machine live, and return it; AssertionError if it finds anything wrong.

    The writers open the same database as another process does.
    """
    async with open_database(database_url) as writer:
        machine = Machine(served, writer, keys, Random(seed))
        await machine.live(steps)
        return machine
