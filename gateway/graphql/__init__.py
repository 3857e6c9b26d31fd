"""GraphQL over HTTP: from a request's bytes to a response's, around a schema that is handed in."""
