"""What a resource is to its endpoint and to the description of all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from gateway.loaders.operation import Operation
from gateway.rest.eras.parameters import Given, Parameter
from gateway.rest.eras.rows import Json

Asked = TypeVar("Asked")


class Resource(ABC, Generic[Asked]):
    """One path: how a request for it is read, and what answers it."""

    path: ClassVar[str]
    summary: ClassVar[str]
    #: Those of the query string; one in the path is ``id``.
    parameters: ClassVar[tuple[Parameter, ...]]
    #: The JSON schema of an answer.
    schema: ClassVar[Json]

    @abstractmethod
    def read(self, given: Given) -> Asked:
        """What is asked for; an ArgumentError if that cannot be told."""

    async def require_existing(self, operation: Operation, asked: Asked) -> None:
        """NotFound if there is nothing for this viewer that could be asked about."""

    @abstractmethod
    async def answer(self, operation: Operation, asked: Asked) -> Json:
        """The answer, or Unauthenticated or Forbidden."""
