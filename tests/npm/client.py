"""Front ends' clients with their caches, each run by a script on operations in their order."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.npm.project import run_script

CLIENTS = {"@apollo/client": "apollo_client.mjs", "@urql/core": "urql_client.mjs"}


class Sent(NamedTuple):
    """A request: its method, whether it had the operation's text, and the hash that it named."""

    method: str
    query: bool
    hash: str | None


class Got(NamedTuple):
    """What a client made of an answer, from its cache or over the wire."""

    data: Any
    #: The path and the code of each error.
    errors: list[tuple[tuple[str | int, ...] | None, str]]
    sent: list[Sent]


class Operation(NamedTuple):
    query: str
    variables: dict[str, Any] | None = None


def run_client(
    script: str, url: str, *operations: Operation, token: str | None = None, persisted: bool = False
) -> list[Got]:
    """What a fresh client gets for each of the operations; later ones meet its cache."""
    job = {
        "url": url,
        "token": token,
        "persisted": persisted,
        "operations": [operation._asdict() for operation in operations],
    }
    return [_got(**one) for one in json.loads(run_script(script, json.dumps(job)))]


def _got(data: Any, errors: list[dict[str, Any]], sent: list[dict[str, Any]]) -> Got:
    found = [
        (tuple(error["path"]) if "path" in error else None, error["extensions"]["code"])
        for error in errors
    ]
    return Got(data, found, [Sent(**request) for request in sent])
