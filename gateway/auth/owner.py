"""The owner of a server on their own machine, who may see everything in it."""

from __future__ import annotations

from hmac import compare_digest

from gateway.arguments import LARGEST_ID
from gateway.auth.viewer import Viewer


class Owner:
    """A site admin by a ``token`` that was made for this process and is stored nowhere.

    The id is the largest there is: no volunteer of a file has it.
    """

    viewer = Viewer(LARGEST_ID, "owner", "Owner", is_site_admin=True)

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def sent(self, credential: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return compare_digest(credential.encode(), self._token)
