"""Goals and milestones: when something counted reached a threshold, computed from the rollups."""
