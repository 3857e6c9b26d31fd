"""What an event is, and readers for every form it comes in."""
