"""File downloads at ``/files/…``: all rows of a field, as CSV or JSON.

A file has the result of one of our own operations, read page by page from one snapshot. It is
written to a spool first: a slow client holds no snapshot and no connection to the database.
"""
