"""Files to keep, at ``/files/…``: what a field shows, whole, as CSV or JSON.

A file is what one of our own operations answers, page by page from one snapshot. It is written into
a spool first: whoever reads slowly holds no snapshot and no connection to the database.
"""
