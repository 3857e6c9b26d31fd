"""A server that is killed in the middle of its work."""

from __future__ import annotations

import random
import signal
import time

from tests.faults.conftest import Site
from tests.faults.stream import Delivery, Stream
from tests.server import Server

KILLS = 4
#: What is no sign of a batch under way: nobody listened, or the database had another turn.
NOT_CUT = ("ConnectError", "503")


def test_a_server_killed_at_any_moment_loses_and_doubles_nothing(site: Site) -> None:
    stream, moments = Stream(random.Random(1), range(1, 3001), 25), random.Random(2)

    def kill(server: Server) -> None:
        delivery.url = server.url
        delivery.wait_for(delivery.acknowledged + 10)
        time.sleep(moments.uniform(0, 0.05))
        server.stop(signal.SIGKILL)

    with site.gateway() as server:
        delivery = Delivery(server.url, stream)
        kill(server)
    # Only deaths count that cut a connection which a batch was under way on.
    while sum(failure not in NOT_CUT for failure in delivery.failures) < KILLS:
        with site.gateway() as server:
            kill(server)
    with site.gateway() as server:
        delivery.url = server.url
        delivery.wait_for(delivery.acknowledged + 10)
        stream.stop()
        delivery.finish()
        site.check(stream.sent, server)
