"""Charts and counters for pages of others: images, and documents for frames.

They show what anybody may see, whoever looks: no credential is read. Each is one operation of the
API, with the visibility, the costs and the cached answers of any other.
"""
