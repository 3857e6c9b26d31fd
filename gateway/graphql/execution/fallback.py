"""Fallback: an operation is left to graphql-core."""


class Fallback(Exception):
    """Breadth-first execution cannot give what graphql-core would; the operation falls back."""
