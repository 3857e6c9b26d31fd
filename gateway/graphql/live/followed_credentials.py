"""Followed credentials: those of all live streams, each identified again once a tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.auth.viewer import Viewer
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.live.ends import CredentialsOver
from gateway.graphql.live.stream import LiveStream

#: Header lines that carry a credential, their names in lower case.
Credentials = tuple[tuple[str, str], ...]
#: The viewer with these credentials now; Unauthenticated if they are not good any more.
Identify = Callable[[Credentials], Awaitable[Viewer]]


class FollowedCredentials:
    """Ends streams whose credentials are over. Each credential is checked once for all of them."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._streams: dict[tuple[Credentials, Viewer], set[LiveStream]] = {}

    def follow(self, credentials: Credentials, viewer: Viewer, stream: LiveStream) -> None:
        """End the stream once these are not this viewer's any more."""
        if credentials:
            self._streams.setdefault((credentials, viewer), set()).add(stream)

    def leave(self, credentials: Credentials, viewer: Viewer, stream: LiveStream) -> None:
        """Forget a stream that is closed."""
        key = (credentials, viewer)
        streams = self._streams.get(key)
        if streams is not None:
            streams.discard(stream)
            if not streams:
                del self._streams[key]

    async def check(self) -> None:
        """Identify each again; what cannot be told at the moment goes on."""
        for credentials, viewer in list(self._streams):
            try:
                is_over = await self._identify(credentials) != viewer
            except Unauthenticated:
                is_over = True
            except Unavailable:
                continue
            if is_over:
                for stream in tuple(self._streams.get((credentials, viewer), ())):
                    stream.end(CredentialsOver())
