"""Goals and milestones: when a count reached a threshold, computed from the rollups."""
