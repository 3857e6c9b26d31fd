"""Endpoints beside GraphQL: the intake of the event stream, and what older services answered."""
