"""Spender: the name under which requests are counted against limits."""

from __future__ import annotations

from gateway.auth.viewer import Viewer


def spender_of(viewer: Viewer, address: str) -> str:
    """The volunteer, else the API key, else the ``address`` that the request came from."""
    if viewer.id is not None:
        return f"user/{viewer.id}"
    if viewer.api_key_id is not None:
        return f"key/{viewer.api_key_id}"
    return f"address/{address}"
