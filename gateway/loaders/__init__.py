"""Loaders: what one operation reads, each list of the schema in one statement of any length."""
