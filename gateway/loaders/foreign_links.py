"""Loader of join links of groups with another home: requested each time, and never stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gateway.groups.links import JoinLink
from gateway.loaders.loader import Batches, Loader

#: The join tokens of groups that the viewer of the operation leads, by the group.
ReadTokens = Callable[[Sequence[int]], Awaitable[Mapping[int, str]]]


class ForeignBatches(Batches):
    """The batches of this loader: one request for all groups."""

    async def read(self, wanted: Mapping[Any, Sequence[Any]]) -> None:
        for loader, keys in wanted.items():
            tokens = await loader.read_tokens(keys)
            loader.values |= {key: _link(key, tokens.get(key)) for key in keys}


class ForeignLinkLoader(Loader[int, JoinLink | None]):
    """Join links by group id; they are always on, and do not expire."""

    def __init__(self, read_tokens: ReadTokens) -> None:
        super().__init__(ForeignBatches())
        self.read_tokens = read_tokens


def _link(group_id: int, token: str | None) -> JoinLink | None:
    if token is None:
        return None
    return JoinLink(group_id, token, True, None, None, None, 1)
