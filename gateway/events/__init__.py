"""Events that count, and readers for every format in which they come."""
