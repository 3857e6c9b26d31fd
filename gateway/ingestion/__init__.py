"""Ingestion: batches of events from the stream and from files are stored, each event once."""
