"""What one operation reads: each list of the schema in one statement, however long it is."""
