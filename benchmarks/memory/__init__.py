"""GraphQL over HTTP with the data in memory: what execution and the endpoint cost."""
