"""Live answers: subscriptions whose answers follow what changes."""
