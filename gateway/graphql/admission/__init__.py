"""Admission: limits of documents, the cost of operations, and budgets."""
