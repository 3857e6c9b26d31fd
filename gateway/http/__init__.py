"""HTTP: what all endpoints share, such as bodies, media types, refusals and JSON responses."""
