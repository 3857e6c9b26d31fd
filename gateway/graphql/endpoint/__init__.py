"""The HTTP endpoint: requests, responses, HTTP caching, and the pages for browsers."""
