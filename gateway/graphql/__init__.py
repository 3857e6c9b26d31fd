"""GraphQL over HTTP and WebSocket: executes operations of a schema that is passed in."""
