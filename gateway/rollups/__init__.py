"""The write side: the ledger, and the rollups that follow it in the same transaction."""
