"""Bulk load: a database without events is filled at once; DuckDB removes copies and adds up.

Written apart from what stores batches (``gateway.rollups.apply_batch``), with which it shares the
readers, the names and the rule of copies. A test compares what both leave.
"""
