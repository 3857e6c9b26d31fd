"""Validation rules of documents: the specification's, and one for subscriptions."""

from __future__ import annotations

from graphql import ASTValidationRule, ValuesOfCorrectTypeRule, specified_rules

from gateway.graphql.documents.literals import NamedValuesOfCorrectTypeRule
from gateway.graphql.documents.live_rule import LiveSelectionRule

RULES: tuple[type[ASTValidationRule], ...] = (
    *(
        NamedValuesOfCorrectTypeRule if rule is ValuesOfCorrectTypeRule else rule
        for rule in specified_rules
    ),
    LiveSelectionRule,
)
