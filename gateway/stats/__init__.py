"""Statistics queries: one question a module, each one SQL statement for any number of entities."""
