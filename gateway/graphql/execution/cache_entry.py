"""Cache entry: a whole answer with its compressed forms, its ETags and what it depends on."""

from __future__ import annotations

from collections.abc import Hashable

from gateway.changes.entity import Entity
from gateway.changes.position import LogPosition
from gateway.http.coding import compress, is_compressible, negotiate
from gateway.http.validators import entity_tag

_BEFORE, _AFTER = b'{"data":', b"}"
#: Of the entry itself, and of each entity.
_ENTRY_BYTES = 1_500
_ENTITY_BYTES = 150


class CacheEntry:
    """Answer with this ``data``; ``position`` is the newest at which it is known to be valid.

    ``key`` is its key in the cache.
    """

    __slots__ = (
        "_compressed",
        "_compressible",
        "_room",
        "_tags",
        "body",
        "entities",
        "key",
        "position",
    )

    def __init__(
        self,
        data: bytes,
        entities: frozenset[Entity],
        position: LogPosition,
        key: Hashable,
    ) -> None:
        #: The whole answer without extensions, as it is sent.
        self.body = b"".join((_BEFORE, data, _AFTER))
        self.entities = entities
        self.position = position
        self.key = key
        self._compressible = is_compressible(self.body)
        self._compressed: dict[str, bytes] = {}
        #: Bytes that compressed forms may take: JSON becomes a fifth of itself, twice.
        self._room = len(self.body) // 2 if self._compressible else 0
        self._tags: dict[tuple[str, str | None], str] = {}

    @property
    def size(self) -> int:
        """The bytes in memory, by estimate; those of its compressed forms are counted ahead."""
        forms = len(self.body) // 2 if self._compressible else 0
        return _ENTRY_BYTES + len(self.body) + forms + _ENTITY_BYTES * len(self.entities)

    @property
    def data(self) -> bytes:
        """The data alone, as JSON."""
        return self.body[len(_BEFORE) : -len(_AFTER)]

    def coding_for(self, accepted: str) -> str | None:
        """The coding that the body is sent in, by the Accept-Encoding header; None for none."""
        return negotiate(accepted) if self._compressible else None

    async def compressed(self, coding: str) -> bytes:
        """The body in one of ``gateway.http.coding.CODINGS``, compressed once."""
        known = self._compressed.get(coding)
        if known is None:
            known = await compress(self.body, coding)
            if len(known) <= self._room and coding not in self._compressed:
                self._room -= len(known)
                self._compressed[coding] = known
        return known

    def etag(self, media: str, coding: str | None) -> str:
        """The strong tag of the body in a media type and coding."""
        known = self._tags.get((media, coding))
        if known is None:
            known = self._tags[media, coding] = entity_tag(media, coding, self.body)
        return known
