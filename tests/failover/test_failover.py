"""Servers are killed, paused and told to change places while events stream and clients read.

Nothing that was acknowledged is lost, nothing counts twice, reads are answered all the time, and no
client's totals go back. The pauses of writing are printed; ``docs/scaling.md`` has them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

import pytest

from gateway.auth.keys import write_new_keys
from tests.failover.cluster import Cluster, running_cluster
from tests.failover.reader import Reader
from tests.faults.conftest import Site, prepare
from tests.faults.stream import Delivery, Stream
from tests.server import Server

_WRITING = "?target_session_attrs=read-write"
#: Acknowledged by each gateway before something else happens to the servers.
_BATCHES = 20


class Running:
    """Two gateways over a cluster, each with a sender of events and a reader."""

    def __init__(self, cluster: Cluster, site: Site, stack: ExitStack) -> None:
        self.cluster, self.site = cluster, site
        self._stack = stack
        self.servers = [self._start(number) for number in range(2)]
        # None comes from both: which of two versions of the same time holds, nobody promises.
        self.streams = [
            Stream(random.Random(number), range(1 + number, 8_000, 2), 10, 0.05)
            for number in range(2)
        ]
        self.deliveries = [
            Delivery(server.url, stream, connections=1)
            for server, stream in zip(self.servers, self.streams, strict=True)
        ]
        self.readers = [Reader(server.url) for server in self.servers]

    def _start(self, number: int) -> Server:
        """A gateway; each prefers to read from another member."""
        members = [one.port for one in self.cluster.members]
        urls = (
            self.cluster.url(f"127.0.0.1:{port}") for port in members[number:] + members[:number]
        )
        return self._stack.enter_context(
            self.site.gateway(STATS_GATEWAY_READ_DATABASE_URLS=" ".join(urls))
        )

    def pause_of(self, happen: Callable[[], None]) -> float:
        """How long the one that waited longest could not store anything, from when this happens."""
        began = time.monotonic()
        happen()
        self.go_on()
        return max(delivery.longest_pause(began) for delivery in self.deliveries)

    def go_on(self) -> None:
        """Wait until each sender has gone on for a while."""
        for before, delivery in [(each.acknowledged, each) for each in self.deliveries]:
            delivery.wait_for(before + _BATCHES)

    def replace_gateway(self, number: int) -> None:
        """Kill a gateway, and start another in its place."""
        # The reader asks the other one until then: the balancer in front would see to that.
        self.readers[number].url = self.servers[1 - number].url
        self.servers[number].process.kill()
        self.servers[number] = self._start(number)
        for one in (self.deliveries[number], self.readers[number]):
            one.url = self.servers[number].url

    def finish(self) -> None:
        """Stop the streams; everything that was sent is acknowledged then."""
        for stream in self.streams:
            stream.stop()
        for delivery in self.deliveries:
            delivery.finish()
        for reader in self.readers:
            reader.stop()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster())
        asyncio.run(prepare(cluster.url(query=_WRITING)))
        site = Site(tmp_path, cluster.url(query=_WRITING), write_new_keys(Path(mkdtemp())))
        yield Running(cluster, site, stack)


@pytest.mark.timeout(360)
def test_nothing_is_lost_or_doubled_and_nobody_sees_totals_go_back(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster, pauses = running.cluster, {}
    running.go_on()
    killed = cluster.leader()
    pauses["the leader and its Patroni are killed"] = running.pause_of(killed.kill)
    killed.start()
    cluster.standbys()
    pauses["a switchover"] = running.pause_of(cluster.switch_over)
    paused = cluster.standbys()[0]
    pauses["a standby stands still"] = running.pause_of(paused.pause)
    paused.resume()
    pauses["a gateway is killed"] = running.pause_of(lambda: running.replace_gateway(0))
    running.finish()
    cluster.wait_until_equal()

    sent = [event for stream in running.streams for event in stream.sent]
    running.site.check(sent, *running.servers)
    for reader in running.readers:
        assert reader.errors == []
        assert reader.decreases == []
        assert reader.eventual == 0
        assert reader.answers > 100
    with capsys.disabled():
        print()
        for name, seconds in pauses.items():
            print(f"{name}: writing waited {seconds:.1f} s")
