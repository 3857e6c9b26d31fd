"""What people do with groups: the mutations of the schema, one module for each topic."""
