"""Group life: the commands that people give on groups, and the rules and limits of them."""
