"""Error masking: an allow-list of errors that clients see; all others are logged and masked.

In a closed schema clients do not see graphql-core's messages either: they name parts of the schema,
or reveal them by being different. There is one message for every document that does not fit, one
for variables, one for an argument; the details are in the log alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import StrawberryInputCoercionError

from gateway.errors import GatewayError

logger = logging.getLogger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
INTERNAL_ERROR = "INTERNAL_ERROR"

FormattedError = dict[str, Any]

_DOES_NOT_FIT = "The operation does not fit the schema."
_VARIABLES = "The variables do not fit the operation."
_ARGUMENT = "The value of an argument is not valid."
#: A log line holds so much of what a client wrote.
_LOGGED = 500
#: Behind it graphql-core's messages show values. Those of a client may be secrets.
_VALUES = re.compile(r"(value:|, found) .*", re.DOTALL)
#: What may be a join token. It is not sent back: clients report errors to others.
_TOKEN_LIKE = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{16,}", re.IGNORECASE)


def random_reference() -> str:
    """Make a reference that joins a masked error to its line in the log."""
    return uuid4().hex


class ErrorMask:
    """Formats errors for a response; ``new_reference`` makes one for each that is masked.

    ``closed`` says that errors must not reveal the schema.
    """

    def __init__(
        self, new_reference: Callable[[], str] = random_reference, *, closed: bool = False
    ) -> None:
        self._new_reference = new_reference
        self._closed = closed
        #: How many errors were masked.
        self.masked = 0

    def document(self, errors: Sequence[GraphQLError]) -> list[FormattedError]:
        """Format the errors of a document that is not GraphQL, or does not fit the schema."""
        if any(isinstance(error, GraphQLSyntaxError) for error in errors):
            return [_formatted(one, _redacted(one), {"code": PARSE_FAILED}) for one in errors]
        if self._closed:
            return [_one_for_all(errors, _DOES_NOT_FIT, VALIDATION_FAILED)]
        return [self._format(error, VALIDATION_FAILED) for error in errors]

    def variables(self, errors: Sequence[GraphQLError]) -> list[FormattedError]:
        """Format the errors of variables."""
        if self._closed:
            return [_one_for_all(errors, _VARIABLES, BAD_USER_INPUT)]
        return [self._format(error, BAD_USER_INPUT) for error in errors]

    def execution(self, error: GraphQLError) -> FormattedError:
        """Format an error of a field, or of the operation when it has no path; drop its traceback.

        The frames of a traceback lead to the list that holds the error: all of them would be
        cycles, which only the garbage collector frees.
        """
        formatted = self._execution(error, cause_of(error))
        _drop_traceback(error)
        return formatted

    def hides(self, error: GraphQLError) -> bool:
        """Whether an error of a field or of the operation is masked, as unexpected."""
        cause = cause_of(error)
        if error.path is None or isinstance(cause, GatewayError | StrawberryInputCoercionError):
            return False
        # graphql-core refuses an argument by an error that points into the document; a value
        # that a resolver returned and no scalar takes is one that points nowhere.
        return not (isinstance(cause, GraphQLError) and cause is not error and cause.nodes)

    def _execution(self, error: GraphQLError, cause: BaseException) -> FormattedError:
        if self.hides(error):
            return _formatted(error, **self._masked(cause))
        return self._format(error, BAD_USER_INPUT)

    def unexpected(self, error: Exception) -> FormattedError:
        """Format an error from outside any field."""
        if isinstance(error, GatewayError):
            return {"message": error.message, "extensions": error.extensions}
        return self._masked(error)

    def _format(self, error: GraphQLError, code: str) -> FormattedError:
        cause = cause_of(error)
        if isinstance(cause, GatewayError):
            return _formatted(error, cause.message, cause.extensions)
        if isinstance(cause, GraphQLError):
            message = _ARGUMENT if self._closed else _redacted(error)
            return _formatted(error, message, {"code": code})
        if isinstance(cause, ValueError) and error.nodes:
            # Python's own message about a literal, such as one of 5,000 digits.
            return _formatted(error, "This value does not fit its type.", {"code": code})
        return _formatted(error, **self._masked(cause))

    def _masked(self, cause: BaseException) -> FormattedError:
        reference = self._new_reference()
        self.masked += 1
        logger.error("error %s", reference, exc_info=cause, extra={"reference": reference})
        return {
            "message": f"Something went wrong in the gateway: report the reference {reference}.",
            "extensions": {"code": INTERNAL_ERROR, "reference": reference},
        }


def _redacted(error: GraphQLError) -> str:
    """graphql-core's message, without what may be a secret among the values in it."""
    return _VALUES.sub(lambda values: _TOKEN_LIKE.sub("…", values[0]), error.message)


def _one_for_all(errors: Sequence[GraphQLError], message: str, code: str) -> FormattedError:
    """One error without locations for all: their number and locations reveal the schema, too."""
    messages = "; ".join(_VALUES.sub(r"\1 …", error.message) for error in errors)
    logger.warning("%s: %r", code, messages[:_LOGGED])
    return {"message": message, "extensions": {"code": code}}


def cause_of(error: GraphQLError) -> BaseException:
    """The original error: graphql-core wraps errors to add their locations."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _drop_traceback(error: BaseException | None) -> None:
    while error is not None:
        error.__traceback__ = None
        error = error.original_error if isinstance(error, GraphQLError) else None


def _formatted(error: GraphQLError, message: str, extensions: dict[str, Any]) -> FormattedError:
    formatted: FormattedError = {"message": message}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = list(error.path)
    formatted["extensions"] = extensions
    return formatted
