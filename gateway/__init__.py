"""stats-gateway: exact classification and comment statistics for citizen science, over GraphQL."""
