"""Followed credentials: those of all live streams, each checked again once a tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.auth.grants import Grant
from gateway.auth.standing import Standing
from gateway.auth.viewer import Viewer
from gateway.errors import Unavailable
from gateway.graphql.live.ends import CredentialsOver
from gateway.graphql.live.stream import LiveStream


class FollowedCredentials:
    """Ends streams whose credentials are over. Each credential is checked once for all of them.

    No credential is kept, only what it grants.
    """

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._streams: dict[Grant, set[LiveStream]] = {}

    def grant(self, credentials: Iterable[tuple[str, str]], viewer: Viewer) -> Grant | None:
        """What to follow a stream of the viewer by; None for who has no credentials.

        Unauthenticated if they are over already.
        """
        return self._standing.grant(credentials, viewer)

    def follow(self, grant: Grant, stream: LiveStream) -> Callable[[], None]:
        """End the stream once this does not hold any more, unless the returned function is called.

        That is to be called once the stream is over.
        """
        streams = self._streams.setdefault(grant, set())
        streams.add(stream)

        def leave() -> None:
            streams.discard(stream)
            if not streams and self._streams.get(grant) is streams:
                del self._streams[grant]

        return leave

    async def check(self) -> None:
        """Check each again; what cannot be told at the moment goes on."""
        self._end(self._standing.expired(self._streams))
        try:
            self._end(await self._standing.ended(list(self._streams)))
        except Unavailable:
            return

    def _end(self, grants: Iterable[Grant]) -> None:
        for grant in grants:
            for stream in tuple(self._streams.get(grant, ())):
                stream.end(CredentialsOver())
