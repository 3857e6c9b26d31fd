"""Documents: their texts, their cache, their variables, and how a request names one."""
