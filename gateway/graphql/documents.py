"""Documents that were parsed, checked and validated before, by their text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Lexer,
    OperationDefinitionNode,
    Source,
    TokenKind,
    parse,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.graphql.refusals import DocumentTooLarge, TooManyTokens, UnknownOperation
from gateway.telemetry.counts import CacheCounts

#: Looks at a document before it is validated; raises what refuses it.
Check = Callable[[DocumentNode], None]


class InvalidDocument(Exception):
    """The document cannot be executed; ``errors`` say why, in the order of the text."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class PreparedDocument:
    """A document, and what depends on it alone.

    ``plans`` is the executor's, ``facts`` whoever's who computes something once for a document;
    both go when the document goes.
    """

    def __init__(self, text: str, document: DocumentNode) -> None:
        self.text = text
        self.document = document
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.operations: dict[str | None, OperationDefinitionNode] = {}
        self.plans: dict[Any, Any] = {}
        self.facts: dict[Any, Any] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.operations[definition.name.value if definition.name else None] = definition
            elif isinstance(definition, FragmentDefinitionNode):
                self.fragments[definition.name.value] = definition
        self.fragment_details = {
            name: FragmentDetails(fragment, None) for name, fragment in self.fragments.items()
        }

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the text, in hexadecimal."""
        return sha256(self.text.encode()).hexdigest()

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of this name, or the only one; UnknownOperation if there is none."""
        if name is None:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))
            if self.operations:
                raise UnknownOperation(
                    "The document has several operations: name one in operationName."
                )
        elif name in self.operations:
            return self.operations[name]
        raise UnknownOperation("The document has no operation of this name.")


class Documents:
    """Parses and validates documents for one schema, and keeps the valid ones used last.

    At most ``capacity`` are kept, none with more than ``longest`` letters. Parsing and validating
    take longer than most answers, and both depend on the text alone.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        check: Check | None = None,
        *,
        max_bytes: int | None = None,
        max_tokens: int | None = None,
        hide_suggestions: bool = False,
        capacity: int = 500,
        longest: int = 20_000,
    ) -> None:
        self._schema = schema
        self._check = check
        self._max_bytes = max_bytes
        self._max_tokens = max_tokens
        self._hide_suggestions = hide_suggestions
        self._capacity = capacity
        self._longest = longest
        self._kept: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._hits = 0
        self._misses = 0

    @property
    def counts(self) -> CacheCounts:
        """How often a document was known, how often not, and how many are kept."""
        return CacheCounts(self._hits, self._misses, len(self._kept))

    def knows(self, text: str) -> bool:
        """Whether the document of this text is kept: it need not be parsed, and is valid."""
        return text in self._kept

    def parse(self, text: str) -> PreparedDocument:
        """The document of this text, which may still be invalid.

        InvalidDocument if it is not GraphQL, DocumentTooLarge, TooManyTokens, or whatever the
        check raises.
        """
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            self._hits += 1
            return known
        self._misses += 1
        # No letter has less than a byte: what is much too long is not even measured.
        if self._max_bytes is not None and (
            len(text) > self._max_bytes or len(text.encode(errors="replace")) > self._max_bytes
        ):
            raise DocumentTooLarge(self._max_bytes)
        try:
            document = parse(text, max_lexical_tokens=self._max_tokens)
        except GraphQLError as error:
            if self._max_tokens is not None and _has_more_tokens(text, self._max_tokens):
                raise TooManyTokens(self._max_tokens) from None
            raise InvalidDocument([error]) from None
        if self._check is not None:
            self._check(document)
        return PreparedDocument(text, document)

    def validate(self, prepared: PreparedDocument) -> None:
        """Raise InvalidDocument unless the document fits the schema; keep it if it does."""
        text = prepared.text
        if self._kept.get(text) is prepared:
            return
        if errors := validate(
            self._schema, prepared.document, hide_suggestions=self._hide_suggestions
        ):
            raise InvalidDocument(errors)
        if len(text) <= self._longest:
            self._kept[text] = prepared
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)


def _has_more_tokens(text: str, limit: int) -> bool:
    """Whether there are more tokens than that: the parser says so in words alone."""
    lexer = Lexer(Source(text))
    try:
        for _ in range(limit):
            if lexer.advance().kind is TokenKind.EOF:
                return False
        return lexer.advance().kind is not TokenKind.EOF
    except GraphQLError:
        return False
