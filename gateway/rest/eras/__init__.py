"""The resources of ERAS at its paths: its parameters and JSON over our loaders and rules."""
