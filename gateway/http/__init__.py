"""What every endpoint has in common: bodies, media types, refusals and JSON responses."""
