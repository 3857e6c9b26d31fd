"""Users, groups, memberships, projects and workflows, and what they are called."""
