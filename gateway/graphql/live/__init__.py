"""Live answers: subscriptions whose answers are sent again when they change."""
