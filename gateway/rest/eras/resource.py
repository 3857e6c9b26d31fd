"""Resource interface of ERAS: for its endpoint, and for the OpenAPI description."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from gateway.loaders.operation import Operation
from gateway.rest.eras.parameters import Given, Parameter
from gateway.rest.eras.rows import Json

Query = TypeVar("Query")


class Resource(ABC, Generic[Query]):
    """Resource at one path: reads the query of a request, and answers it."""

    path: ClassVar[str]
    summary: ClassVar[str]
    #: Those of the query string; one in the path is ``id``.
    parameters: ClassVar[tuple[Parameter, ...]]
    #: The JSON schema of an answer.
    schema: ClassVar[Json]

    @abstractmethod
    def read(self, given: Given) -> Query:
        """Read the query from the parameters; an ArgumentError if they cannot be used."""

    async def require_existing(self, operation: Operation, query: Query) -> None:
        """NotFound if the subject does not exist for this viewer."""

    @abstractmethod
    async def answer(self, operation: Operation, query: Query) -> Json:
        """Answer a query; may raise Unauthenticated or Forbidden."""
