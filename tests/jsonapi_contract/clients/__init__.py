"""Other people's clients of Panoptes, which know nothing of us, lead the life of a group."""
