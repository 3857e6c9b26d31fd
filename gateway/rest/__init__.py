"""REST endpoints: the event stream, and the APIs of older services."""
