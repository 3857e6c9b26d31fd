"""ERAS resources: the paths, parameters and JSON of ERAS over our loaders and rules."""
