"""GraphQL request: read from a POST body or from the query string of a GET."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.graphql.documents.identifiers import named_document
from gateway.graphql.refusals import BatchTooLarge
from gateway.http.body import check_json, decode_json, read_body
from gateway.http.refusals import BadRequest

#: orjson reads deeper ones than it writes; no variable of ours is as deep.
_DEEPEST = 100
#: A thousand representations have three thousand; each has to be coerced, one by one.
_MOST_VALUES = 10_000
#: orjson reads an integer beyond 64 bits as the nearest float; none that we take is as large.
_WIDE = 2.0**64


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to execute, its parts of the right types.

    It has the text of a document, the identifier of one that is known, or both. ``is_own``
    says that it is the gateway's own document: it runs even where only trusted ones do.
    """

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None
    is_own: bool = False


async def read_post(
    request: Request, body_limit: int, batch_limit: int = 0
) -> GraphQLRequest | list[GraphQLRequest]:
    """Read the request from a JSON body of at most ``body_limit`` bytes.

    A list of requests is a batch; BatchTooLarge beyond ``batch_limit`` of them.
    """
    check_json(request)
    body = await read_body(request, body_limit)
    parameters = decode_json(body, "The request body")
    if isinstance(parameters, list):
        return _batch(parameters, batch_limit)
    if not isinstance(parameters, dict):
        raise BadRequest("The request body must be a JSON object.")
    return read_parameters(parameters)


def read_get(request: Request) -> GraphQLRequest:
    """Read the request from the query string; variables and extensions are JSON texts there."""
    try:
        text = request.scope["query_string"].decode()
        parameters: dict[str, Any] = dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        # Starlette would replace what cannot be decoded.
        raise BadRequest("The query string is not UTF-8.") from None
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = decode_json(parameters[name], f"The parameter {name}")
        else:
            parameters.pop(name, None)
    return read_parameters(parameters)


def _batch(operations: list[Any], limit: int) -> list[GraphQLRequest]:
    if not limit:
        raise BadRequest("Batches are not accepted: send one operation a request.")
    if not operations:
        raise BadRequest("The batch has no operations.")
    if len(operations) > limit:
        raise BatchTooLarge(limit, len(operations))
    if not all(isinstance(operation, dict) for operation in operations):
        raise BadRequest("Each operation of a batch must be a JSON object.")
    return [read_parameters(operation) for operation in operations]


def read_parameters(parameters: Mapping[str, Any]) -> GraphQLRequest:
    """Read the request from an object that has its parts; BadRequest if one cannot be used."""
    extensions = _object(parameters, "extensions")
    query = parameters.get("query")
    document_id = named_document(parameters, extensions)
    if (query is None and document_id is None) or not isinstance(query, str | None) or query == "":
        raise BadRequest("The request needs a query, which must be a non-empty string.")
    operation_name = parameters.get("operationName")
    if not isinstance(operation_name, str | None):
        raise BadRequest("operationName must be a string or null.")
    # Clients that know none send an empty one.
    operation_name = operation_name or None
    variables = _object(parameters, "variables")
    return GraphQLRequest(query, variables, operation_name, extensions, document_id)


def _object(parameters: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = parameters.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object or null.")
    waiting: list[tuple[Any, int]] = [(value, 1)]
    seen = 0
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if seen + len(waiting) > _MOST_VALUES:
            raise BadRequest(f"{name} has more than {_MOST_VALUES:,} values.")
        if isinstance(item, dict | list):
            if depth > _DEEPEST:
                raise BadRequest(f"{name} has more than {_DEEPEST} levels.")
            inner = item.values() if isinstance(item, dict) else item
            waiting.extend((one, depth + 1) for one in inner)
        elif isinstance(item, float) and abs(item) >= _WIDE:
            raise BadRequest(f"{name} has a number that does not fit into 64 bits.")
    return value
