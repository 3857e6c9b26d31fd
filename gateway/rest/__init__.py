"""Endpoints beside GraphQL: the event stream, and what older services answered."""
