"""Fallback: graphql-core executes the operation instead."""


class Fallback(Exception):
    """Breadth-first execution cannot give what graphql-core would; the operation falls back."""
