"""Directory of users, groups, memberships, projects and workflows, with their names."""
