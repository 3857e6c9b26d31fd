"""Embeds: charts and counters for other sites, as images and as documents for frames.

They show only public statistics: no credential is read. Each is one operation of the API, with the
visibility, the costs and the cached answers of any other.
"""
