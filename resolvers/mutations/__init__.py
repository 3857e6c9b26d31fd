"""Mutations of the schema: what people do with groups, one module for each topic."""
