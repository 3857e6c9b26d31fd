"""A loader whose keys share their statement when they ask the same of different entities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from aiodataloader import DataLoader

from gateway.db import Snapshot

Q = TypeVar("Q", bound=Hashable)
V = TypeVar("V")


class BatchLoader(DataLoader[tuple[Q, int], V], ABC, Generic[Q, V]):
    """Keys are (question, entity id): one :meth:`answer` for each different question of a batch."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    @abstractmethod
    async def answer(self, question: Q, ids: list[int]) -> Mapping[int, V]:
        """Answers by entity id; entities without events may be left out."""

    @abstractmethod
    def nothing(self) -> V:
        """The answer for an entity that :meth:`answer` left out."""

    async def batch_load_fn(self, keys: list[tuple[Q, int]]) -> list[V]:
        """Answer the keys of one batch in their order."""
        ids: dict[Q, list[int]] = defaultdict(list)
        for question, entity_id in keys:
            ids[question].append(entity_id)
        answers = {question: await self.answer(question, ids[question]) for question in ids}
        nothing = self.nothing()
        return [answers[question].get(entity_id, nothing) for question, entity_id in keys]
