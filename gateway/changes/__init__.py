"""What has changed in the database: the log that writers append to, and the feed that reads it."""
