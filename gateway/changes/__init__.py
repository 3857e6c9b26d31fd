"""Change log of the database, which writers append to, and the feed that reads it."""
