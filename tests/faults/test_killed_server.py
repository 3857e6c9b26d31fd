"""A server that is killed in the middle of its work."""

from __future__ import annotations

import random
import signal
import time

from tests.faults.conftest import Site, free_port
from tests.faults.stream import Delivery, in_batches, make_events

KILLS = 4


def test_a_server_killed_at_any_moment_loses_and_doubles_nothing(site: Site) -> None:
    rng = random.Random(1)
    events = make_events(rng, 4000)
    batches = in_batches(events, 25)
    port = free_port()
    delivery = Delivery(f"http://127.0.0.1:{port}/graphql", batches)
    for kill in range(1, KILLS + 1):
        with site.gateway(port) as server:
            delivery.wait_for(kill * len(batches) // (KILLS + 2))
            time.sleep(rng.uniform(0, 0.05))
            server.stop(signal.SIGKILL)
    with site.gateway(port) as server:
        delivery.finish()
        site.check(events, server)
    assert delivery.acknowledged == len(batches)
    # Every death cut a connection that a batch was under way on.
    cut = [failure for failure in delivery.failures if failure != "ConnectError"]
    assert len(cut) >= KILLS
