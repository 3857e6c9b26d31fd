"""Groups whose home is Panoptes: commands are forwarded with the caller's own token."""
