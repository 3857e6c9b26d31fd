"""Actions as CKAN serves them, for clients that know nothing else."""
