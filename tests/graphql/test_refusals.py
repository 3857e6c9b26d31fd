"""Each refusal says what is too much, in which unit, and what is allowed."""

import pytest

from gateway.graphql.refusals import (
    AnswerTooLarge,
    BatchTooLarge,
    CostTooHigh,
    DocumentTooDeep,
    DocumentTooLarge,
    LimitExceeded,
    RateLimited,
    TooManyAliases,
    TooManyDirectives,
    TooManyTokens,
    TooManyValues,
)


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (
            TooManyTokens(4000),
            "The document has more than 4,000 tokens (names, values and punctuation): "
            "split it into several.",
        ),
        (
            DocumentTooLarge(65_536),
            "The document is larger than 65,536 bytes: send less text, and values as variables.",
        ),
        (
            DocumentTooDeep(20, 21),
            "The document nests selections 21 levels deep: at most 20 are allowed.",
        ),
        (
            TooManyAliases(100, 1234),
            "The document has too many fields with an alias or selected again (1,234): "
            "at most 100 are allowed.",
        ),
        (TooManyDirectives(50, 51), "The document has 51 directives: at most 50 are allowed."),
        (BatchTooLarge(10, 11), "The batch has 11 operations: at most 10 are allowed."),
        (
            CostTooHigh(250_000, 300_000),
            "The operation costs 300,000 points: at most 250,000 are allowed.",
        ),
        (TooManyValues(1000, 1001), "The answer has 1,001 values: at most 1,000 are allowed."),
        (
            AnswerTooLarge(1_000_000),
            "The answer is larger than 1,000,000 bytes: ask for fewer fields or shorter lists.",
        ),
        (
            RateLimited(100_000, 5000, 30),
            "The operation needs 5,000 of your 100,000 cost points a minute, and fewer are left: "
            "try again in 30 seconds.",
        ),
    ],
    ids=lambda one: one.code if isinstance(one, LimitExceeded) else None,
)
def test_a_refusal_names_the_unit_and_the_limit(refusal: LimitExceeded, message: str) -> None:
    assert refusal.message == message
    assert str(refusal) == message
