"""Group life: what people do with groups, decided and written in one place."""
