"""What clients of Panoptes may expect of groups and memberships, asked of two servers.

Each case is data, and runs over HTTP against the tests' own Panoptes and against a served gateway
with ``STATS_GATEWAY_GROUPS=own``, on both databases. Where the gateway means to differ, a case has
two expectations, and each server is held to its own.
"""
