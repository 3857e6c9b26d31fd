"""Watched operations: holds all live queries of a process, by page and viewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from gateway.auth.viewer import Viewer
from gateway.errors import Unavailable
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.execution.preparation import PreparedOperation
from gateway.graphql.live.stream import LiveStream
from gateway.graphql.live.watched import PageKey, Watched


class WatchedOperations:
    """Watched operations of at most ``capacity`` bytes, by estimate; beyond it, none is added."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._pages: defaultdict[PageKey, dict[Viewer, Watched]] = defaultdict(dict)
        #: How many watched operations a document has, and its size when the first was added.
        self._documents: dict[PreparedDocument, tuple[int, int]] = {}
        self.streams = 0
        self.size = 0
        self._number = 0

    def __len__(self) -> int:
        return self._number

    @property
    def room(self) -> int:
        """The bytes that are left."""
        return self._capacity - self.size

    @contextmanager
    def used(self, operation: PreparedOperation, viewer: Viewer, client: str) -> Iterator[Watched]:
        """Find or add a watched operation, and hold it in the block; Unavailable if full."""
        key = PageKey.of(operation)
        watched = self._pages[key].get(viewer) if key in self._pages else None
        if watched is None:
            if self.room <= 0:
                raise Unavailable(
                    "This server has as many live operations as it can remember: try again later."
                )
            watched = Watched(key, operation, viewer, client)
            self._pages[key][viewer] = watched
            self._number += 1
            self.size += watched.size + self._share(operation.prepared)
        watched.users += 1
        try:
            yield watched
        finally:
            watched.users -= 1
            self._drop_if_unused(watched)

    def follow(self, watched: Watched, stream: LiveStream) -> Callable[[], None]:
        """Add a stream of a watched operation; call the returned function to remove it."""
        watched.streams.add(stream)
        self.streams += 1

        def leave() -> None:
            watched.streams.remove(stream)
            self.streams -= 1
            self._drop_if_unused(watched)

        return leave

    @contextmanager
    def resized(self, watched: Watched) -> Iterator[None]:
        """Update the size at the end of the block."""
        before = watched.size
        try:
            yield
        finally:
            if watched.users or watched.streams:
                self.size += watched.size - before

    def pages(self) -> list[Sequence[Watched]]:
        """The operations that are watched now, by page."""
        return [tuple(page.values()) for page in self._pages.values()]

    def _drop_if_unused(self, watched: Watched) -> None:
        if watched.users or watched.streams:
            return
        page = self._pages[watched.key]
        del page[watched.viewer]
        if not page:
            del self._pages[watched.key]
        self._number -= 1
        self.size -= watched.size + self._unshare(watched.operation.prepared)

    def _share(self, document: PreparedDocument) -> int:
        """Add a reference to a document; return the bytes that it adds."""
        number, size = self._documents.get(document, (0, document.sizes.total()))
        self._documents[document] = number + 1, size
        return 0 if number else size

    def _unshare(self, document: PreparedDocument) -> int:
        """Remove a reference to a document; return the bytes that are freed."""
        number, size = self._documents[document]
        if number > 1:
            self._documents[document] = number - 1, size
            return 0
        del self._documents[document]
        return size
