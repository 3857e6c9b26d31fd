"""Admitted operation: the key and cost of a request that is repeated while its answer is cached."""

from __future__ import annotations

from typing import NamedTuple

from gateway.graphql.execution.operation_key import OperationKey


class AdmittedOperation(NamedTuple):
    """An operation that was parsed, validated and admitted before; it holds digests alone.

    ``name`` and ``document`` are what logs and traces show; ``cost`` is charged each time.
    """

    key: OperationKey
    cost: int
    name: str | None
    document: str | None
