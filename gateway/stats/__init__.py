"""The read side: one question a module, each one statement for any number of entities."""
