"""Document cache: documents that were parsed, checked and validated, by their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

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

from gateway.bounded_cache import BoundedCache
from gateway.graphql.documents.located_source import LocatedSource
from gateway.graphql.documents.rules import RULES
from gateway.graphql.refusals import DocumentTooLarge, TooManyTokens, UnknownOperation
from gateway.telemetry.counts import CacheCounts

#: Parts of a cached document: itself and what depends on it alone, the plans of its executions, and
#: the variables that it was executed with.
Part = Literal["documents", "plans", "variables"]

#: What a document takes up in memory, and each token of it: with its nodes, and its cost.
_DOCUMENT_BYTES = 6_000
_TOKEN_BYTES = 600
#: A document that grows beyond this part of the memory is evicted, not all the others.
_LARGEST_PART = 4

#: Looks at a document before it is validated; raises what refuses it.
Check = Callable[[DocumentNode], None]


class InvalidDocument(Exception):
    """The document cannot be executed; ``errors`` say why, in the order of the text."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class PreparedDocument:
    """A document, and what depends on it alone.

    ``plans`` is the executor's; ``computed`` is for all that is computed once for a document. Both
    are cleared on eviction. Code that adds to them calls ``grow``: ``sizes`` are the bytes of its
    parts, by estimate, those of documents derived from it included.
    """

    def __init__(self, text: str, document: DocumentNode) -> None:
        self.text = text
        self.document = document
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.operations: dict[str | None, OperationDefinitionNode] = {}
        self.plans: dict[Any, Any] = {}
        self.computed: dict[Any, Any] = {}
        own = _DOCUMENT_BYTES + 2 * len(text) + _TOKEN_BYTES * document.token_count
        self.sizes: Counter[Part] = Counter()
        self.sizes["documents"] = own
        self._grown: Callable[[Part, int], object] = _nobody
        self._derived: list[PreparedDocument] = []
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.operations[definition.name.value if definition.name else None] = definition
            elif isinstance(definition, FragmentDefinitionNode):
                self.fragments[definition.name.value] = definition
        self.fragment_details = {
            name: FragmentDetails(fragment, None) for name, fragment in self.fragments.items()
        }

    def grow(self, part: Part, by: int) -> None:
        """Add so many bytes to the size of a part of the document; ``by`` may be negative."""
        self.sizes[part] += by
        self._grown(part, by)

    @property
    def is_cached(self) -> bool:
        """Whether it is valid, and found by its text."""
        return self._grown is not _nobody

    def on_growth(self, grown: Callable[[Part, int], object] | None) -> None:
        """Set the function that is called when the document grows; None for none."""
        self._grown = grown or _nobody

    def derived(self, text: str, document: DocumentNode) -> PreparedDocument:
        """Another document, made of nodes of this one, which is evicted with it.

        Operations that hold it may still be executed then.
        """
        made = PreparedDocument(text, document)
        # A reference to it keeps the nodes in memory.
        made.grow("documents", _TOKEN_BYTES * self.document.token_count)
        made.on_growth(self.grow)
        self._derived.append(made)
        self.grow("documents", made.sizes["documents"])
        return made

    def clear(self) -> None:
        """Free what was computed of it; its size is not counted any more."""
        self.on_growth(None)
        # Both are cycles with the document, which only the garbage collector would free.
        self.plans.clear()
        self.computed.clear()
        for one in self._derived:
            one.clear()
        self._derived.clear()

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
        raise UnknownOperation("The document has no operation with this name.")


class Documents:
    """Parses and validates documents for one schema, and caches the valid ones used last.

    At most ``capacity`` are cached, none with more than ``longest`` letters, in at most
    ``capacity_bytes`` with their plans and variables. Parsing and validating take longer than most
    answers, and both depend on the text alone.
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
        capacity_bytes: int = 33_554_432,
    ) -> None:
        self._schema = schema
        self._check = check
        self._max_bytes = max_bytes
        self._max_tokens = max_tokens
        self._hide_suggestions = hide_suggestions
        self._longest = longest
        self._cache: BoundedCache[str, PreparedDocument] = BoundedCache(
            capacity_bytes, capacity, self._evicted
        )
        self._sizes: Counter[Part] = Counter()
        self._last_parsed: PreparedDocument | None = None

    @property
    def counts(self) -> CacheCounts:
        """Hits, misses and the number of cached documents."""
        cache = self._cache
        return CacheCounts(cache.hits, cache.misses, len(cache))

    def size(self, part: Part) -> int:
        """The bytes of this part of all cached documents, by estimate."""
        return self._sizes[part]

    def knows(self, text: str) -> bool:
        """Whether the document of this text is cached: it is valid, and need not be parsed."""
        return text in self._cache

    def parse(self, text: str) -> PreparedDocument:
        """Parse the document of a text, which may still be invalid.

        InvalidDocument if it is not GraphQL, DocumentTooLarge, TooManyTokens, or whatever the
        check raises.
        """
        known = self._cache.get(text)
        if known is not None:
            return known
        last_parsed = self._last_parsed
        if last_parsed is not None and last_parsed.text == text:
            self._last_parsed = None
            return last_parsed
        # A letter has at least a byte: a text that is much too long need not be encoded.
        if self._max_bytes is not None and (
            len(text) > self._max_bytes or len(text.encode(errors="replace")) > self._max_bytes
        ):
            raise DocumentTooLarge(self._max_bytes)
        try:
            document = parse(LocatedSource(text), max_lexical_tokens=self._max_tokens)
        except GraphQLError as error:
            if self._max_tokens is not None and _has_more_tokens(text, self._max_tokens):
                raise TooManyTokens(self._max_tokens) from None
            raise InvalidDocument([error]) from None
        _unlink(document)
        if self._check is not None:
            self._check(document)
        return PreparedDocument(text, document)

    def parse_ahead(self, text: str) -> PreparedDocument:
        """Parse as ``parse`` does; the next call of ``parse`` for the text returns the result."""
        prepared = self.parse(text)
        if not prepared.is_cached:
            self._last_parsed = prepared
        return prepared

    def validate(self, prepared: PreparedDocument) -> None:
        """Check that the document fits the schema, and cache it; else InvalidDocument."""
        text = prepared.text
        if prepared.is_cached:
            return
        if errors := validate(
            self._schema, prepared.document, RULES, hide_suggestions=self._hide_suggestions
        ):
            raise InvalidDocument(errors)
        if len(text) <= self._longest:
            self._store(text, prepared)

    def _store(self, text: str, prepared: PreparedDocument) -> None:
        def grown(part: Part, by: int) -> None:
            self._sizes[part] += by
            self._cache.grow(text, by)
            limit = self._cache.capacity // _LARGEST_PART
            if prepared.sizes.total() > limit and prepared.is_cached:
                self._cache.drop(text)
                self._evicted(prepared)

        # Two that were parsed at the same time are one.
        if (other := self._cache.drop(text)) is not None:
            self._evicted(other)
        prepared.on_growth(grown)
        self._sizes.update(prepared.sizes)
        self._cache.put(text, prepared, prepared.sizes.total())

    def _evicted(self, prepared: PreparedDocument) -> None:
        self._sizes.subtract(prepared.sizes)
        prepared.clear()


def _unlink(document: DocumentNode) -> None:
    """Unlink the tokens, a doubly linked list that only the parser needs."""
    token = document.loc and document.loc.start_token
    while token:
        token.prev, token.next, token = None, None, token.next


def _nobody(_part: Part, _by: int) -> None:
    """Ignore growth: of documents that are not cached."""


def _has_more_tokens(text: str, limit: int) -> bool:
    """Whether a text has more tokens than that: the parser's error has no code for it."""
    lexer = Lexer(Source(text))
    try:
        for _ in range(limit):
            if lexer.advance().kind is TokenKind.EOF:
                return False
        return lexer.advance().kind is not TokenKind.EOF
    except GraphQLError:
        return False
