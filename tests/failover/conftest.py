"""These tests have an environment and a step of their own: ``make failover``."""

import os

if "FAILOVER" not in os.environ:
    collect_ignore_glob = ["test_*.py"]
