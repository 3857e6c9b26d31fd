"""The groups' directory of a Panoptes: copied as a whole, or looked up on demand."""
