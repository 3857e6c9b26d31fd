"""Strawberry's definitions: what a field or type of graphql-core was made from."""

from __future__ import annotations

#: The key under which Strawberry keeps it in ``extensions``.
DEFINITION = "strawberry-definition"
