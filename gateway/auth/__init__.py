"""Authentication and authorization: who sends a request, and what they may see."""
