"""The GraphQL schema: one module a type. A resolver asks loaders and never writes SQL."""
