"""Two server processes that write to one database."""

from __future__ import annotations

import random

from tests.faults.conftest import Site
from tests.faults.stream import Delivery, in_batches, make_events


def test_two_gateways_that_take_the_same_events_at_once_count_each_once(site: Site) -> None:
    rng = random.Random(2)
    events = make_events(rng, 1500)
    with site.gateway() as one, site.gateway() as other:
        deliveries = [
            Delivery(server.url, in_batches(rng.sample(events, len(events)), 30))
            for server in (one, other)
        ]
        for delivery in deliveries:
            delivery.finish()
        site.check(events, one, other)
