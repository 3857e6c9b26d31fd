"""Followed credentials: checks the credentials of all live streams again once a tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from gateway.auth.grants import Grant
from gateway.auth.revocations import Revocations
from gateway.auth.viewer import Viewer
from gateway.errors import Unavailable
from gateway.graphql.live.ends import CredentialsOver
from gateway.graphql.live.stream import LiveStream


class FollowedCredentials:
    """Ends streams whose credentials are over; checks each credential once for all of them.

    No credential is stored, only what it grants.
    """

    def __init__(self, revocations: Revocations) -> None:
        self._revocations = revocations
        self._streams: dict[Grant, set[LiveStream]] = {}
        self._of_viewers: dict[Viewer, set[Grant]] = {}

    def grant(self, credentials: Iterable[tuple[str, str]], viewer: Viewer) -> Grant | None:
        """The grant of credentials, to follow a stream by; None if there are none.

        Unauthenticated if they are over already.
        """
        return self._revocations.grant(credentials, viewer)

    def follow(self, grant: Grant, stream: LiveStream) -> Callable[[], None]:
        """End the stream once the grant is over; call the returned function to stop following.

        It has to be called once the stream is over.
        """
        streams = self._streams.setdefault(grant, set())
        streams.add(stream)
        grants = self._of_viewers.setdefault(grant.viewer, set())
        grants.add(grant)

        def leave() -> None:
            streams.discard(stream)
            if not streams and self._streams.get(grant) is streams:
                del self._streams[grant]
                grants.discard(grant)
                if not grants and self._of_viewers.get(grant.viewer) is grants:
                    del self._of_viewers[grant.viewer]

        return leave

    async def check(self) -> None:
        """Check each again; streams whose check fails go on."""
        self._end(self._revocations.expired(self._streams))
        with suppress(Unavailable):
            self._end(await self._revocations.ended(list(self._streams)))

    async def check_of(self, viewer: Viewer) -> None:
        """Check those of one viewer again, but not whether the volunteer was erased.

        CredentialsOver if the viewer is an API key that was revoked, followed or not.
        """
        self._end(self._revocations.expired(tuple(self._of_viewers.get(viewer, ()))))
        if viewer.api_key_id is None:
            return
        with suppress(Unavailable):
            ended = await self._revocations.ended([Grant(viewer)])
            self._end(ended)
            if ended:
                raise CredentialsOver

    def _end(self, grants: Iterable[Grant]) -> None:
        for grant in grants:
            for stream in tuple(self._streams.get(grant, ())):
                stream.end(CredentialsOver())
