"""Documents that are too large are refused before validation, each by a code with its limit."""

import pytest
from graphql import parse

from gateway.graphql.admission.document_limits import DocumentLimits
from gateway.graphql.documents.document_cache import Documents, InvalidDocument
from gateway.graphql.refusals import (
    DocumentTooDeep,
    LimitExceeded,
    TooManyAliases,
    TooManyDirectives,
    TooManyTokens,
)
from tests.graphql.conftest import schema

LIMITS = DocumentLimits(depth=5, aliases=4, directives=3)


def refusal(text):
    with pytest.raises(LimitExceeded) as caught:
        LIMITS(parse(text))
    return type(caught.value), caught.value.extensions


WITHIN = {
    "depth": "{ a { a { a { a { a } } } } }",
    "depth of fragments": "{ ...F } fragment F on Q { a { ...G } } fragment G on Q { a { a } }",
    "aliases": "{ a: b c: b d: b e: b }",
    "its own name is no alias": "{ a: a b: b c: c d: d e: e f: f }",
    "a field under the names of others": "{ a { x } b { x } c { x } d { x } e { x } f { x } }",
    "repeats": "{ a a a a a }",
    "directives": "query @a { b @c d @e }",
    "depth below a subscription": "subscription { live { a { a { a { a { a } } } } } }",
    "depth of fragments below a subscription": (
        "subscription { ...S } fragment S on Subscription { live { ...F } } "
        "fragment F on Q { a { ...G } } fragment G on Q { a { a } }"
    ),
    "aliases below a subscription": "subscription { x: live { a: b c: b d: b e: b } }",
    "an alias of a subscription in a fragment": (
        "subscription { ...S } fragment S on Subscription { x: live { a: b c: b d: b e: b } }"
    ),
    "a fragment that is spread again": "{ ...F ...F ...F ...F ...F ...F } fragment F on Q { a }",
}
BEYOND = {
    "depth": ("{ a { a { a { a { a { a } } } } } }", DocumentTooDeep, 5, 6),
    "depth of inline fragments": (
        "{ ...{ ...{ ...{ ...{ ...{ a } } } } } }",
        DocumentTooDeep,
        5,
        6,
    ),
    "depth of fragments": (
        "{ a { ...F } } fragment F on Q { a { ...G } } fragment G on Q { a { a } }",
        DocumentTooDeep,
        5,
        6,
    ),
    "depth of the deeper operation": (
        "query A { a } query B { a { a { a { ...F } } } } fragment F on Q { a { a } }",
        DocumentTooDeep,
        5,
        6,
    ),
    "aliases": ("{ a: b c: b d: b e: b f: b }", TooManyAliases, 4, 5),
    "aliases in fragments": (
        "{ a: b c: b ...F } fragment F on Q { d: b e: b f: b }",
        TooManyAliases,
        4,
        5,
    ),
    "repeats": ("{ a a a a a a }", TooManyAliases, 4, 5),
    "repeats in inline fragments": (
        "{ a ...{a} ...{a} ...{a} ...{a} ...{a} }",
        TooManyAliases,
        4,
        5,
    ),
    "repeats in fragments": (
        "{ a ...A ...B } fragment A on Q { a a ...B } fragment B on Q { a a a }",
        TooManyAliases,
        4,
        5,
    ),
    "depth below a subscription": (
        "subscription { live { a { a { a { a { a { a } } } } } } }",
        DocumentTooDeep,
        5,
        6,
    ),
    "depth of fragments of subscriptions": (
        "subscription { ...A } fragment A on Subscription { ...B } "
        "fragment B on Subscription { ...C } fragment C on Subscription "
        "{ live { ...{ ...{ ...{ a } } } } }",
        DocumentTooDeep,
        5,
        6,
    ),
    "aliases below a subscription": (
        "subscription { x: live { a: b c: b d: b e: b f: b } }",
        TooManyAliases,
        4,
        5,
    ),
    "repeats of a subscription": (
        "subscription { live {a} live {a} ...{ live {a} } ...S } "
        "fragment S on Subscription { x: live {a} y: live {a} live {a} }",
        TooManyAliases,
        4,
        5,
    ),
    "directives": ("query ($x: Int @a) @a { b @c d @e }", TooManyDirectives, 3, 4),
    "directives of fragments": (
        "{ ...F @a ...{b} ...@c {b} } fragment F on Q @a { b @c }",
        TooManyDirectives,
        3,
        4,
    ),
}


@pytest.mark.parametrize("text", WITHIN.values(), ids=WITHIN)
def test_document_within_the_limits_is_let_through(text):
    LIMITS(parse(text))


@pytest.mark.parametrize(("text", "kind", "limit", "value"), BEYOND.values(), ids=BEYOND)
def test_document_beyond_a_limit_is_refused_with_limit_and_value(text, kind, limit, value):
    assert refusal(text) == (kind, {"code": kind.code, "limit": limit, "value": value})


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on Q { ...F }",
        "{ ...F } fragment F on Q { a { ...G } } fragment G on Q { ...F }",
        "{ ...Unknown }",
        "{ ...F } fragment F on Q { a ...Unknown }",
        "type Query { a: Int }",
    ],
)
def test_cycles_and_unknown_fragments_are_left_to_validation(text):
    LIMITS(parse(text))
    documents = Documents(schema._schema, LIMITS)
    with pytest.raises(InvalidDocument):
        documents.validate(documents.parse(text))


def test_fragments_that_double_one_another_are_looked_at_once_each():
    doubling = " ".join(
        f"fragment F{n} on Q {{ ...{{ ...F{n + 1} }} ...F{n + 1} }}" for n in range(200)
    )
    kind, extensions = refusal(f"{{ ...F0 }} {doubling} fragment F200 on Q {{ a }}")
    # The operation, and two selection sets for each fragment but the last.
    assert (kind, extensions["value"]) == (DocumentTooDeep, 1 + 2 * 200 + 1)


def test_long_chains_of_fragments_are_followed_without_recursion():
    chain = " ".join(f"fragment F{n} on Q {{ ...F{n + 1} }}" for n in range(3000))
    kind, extensions = refusal(f"{{ ...F0 }} {chain} fragment F3000 on Q {{ a }}")
    assert (kind, extensions["value"]) == (DocumentTooDeep, 3002)


def test_long_chains_of_fragments_of_subscriptions_have_a_depth():
    """graphql-core follows such chains by recursion."""
    chain = " ".join(f"fragment F{n} on Subscription {{ ...F{n + 1} }}" for n in range(3000))
    last = "fragment F3000 on Subscription { live { a } }"
    kind, extensions = refusal(f"subscription {{ ...F0 }} {chain} {last}")
    assert (kind, extensions["value"]) == (DocumentTooDeep, 3001)


def test_tokens_beyond_the_limit_are_refused_and_read_no_further():
    documents = Documents(schema._schema, max_tokens=5)
    documents.validate(documents.parse("{ a: greeting # not these words\n}"))
    for text in ("{ a: greeting b }", "{ a: greeting b: ? ? ?"):
        with pytest.raises(TooManyTokens) as caught:
            documents.parse(text)
        assert caught.value.extensions == {"code": "TOO_MANY_TOKENS", "limit": 5}


def test_syntax_errors_within_the_limit_of_tokens_are_syntax_errors():
    for text in ("{ a: ", "{ ? }", '{ "'):
        with pytest.raises(InvalidDocument):
            Documents(schema._schema, max_tokens=5).parse(text)
