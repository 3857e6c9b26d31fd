"""Pages over PostgreSQL: the gateway as it is served, beside other ways to build the same."""
