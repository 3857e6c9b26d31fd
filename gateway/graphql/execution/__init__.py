"""Execution: from a validated operation to the bytes of its answer."""
