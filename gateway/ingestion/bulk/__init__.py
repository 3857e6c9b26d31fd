"""Bulk load: fill a database without events at once; DuckDB deduplicates and aggregates.

It is separate from the code that stores batches (``gateway.rollups.apply_batch``), and shares its
readers, names and the rule of copies. A test compares the results of both.
"""
