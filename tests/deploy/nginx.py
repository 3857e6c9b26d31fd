"""A real nginx with the example's file, on loopback, in front of a served gateway."""

from __future__ import annotations

import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.cli.serving import free_port
from tests.deploy.files import DEPLOY
from tests.deploy.programs import installed
from tests.server import DEADLINE_SECONDS

EXAMPLE = DEPLOY / "nginx" / "stats-gateway.conf"
ADDRESS = "127.0.0.1"
#: What stands around a file of /etc/nginx/conf.d, with everything in a folder of its own.
_MAIN = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/stats-gateway.conf;
}}
"""


class Proxy(NamedTuple):
    """Where nginx listens, and who vouches for its certificate."""

    base: str
    trust: ssl.SSLContext

    def client(self, address: str) -> httpx.Client:
        """A client at an address of loopback."""
        transport = httpx.HTTPTransport(verify=self.trust, local_address=address)
        return httpx.Client(base_url=self.base, transport=transport, timeout=DEADLINE_SECONDS)


@contextmanager
def in_front_of(gateway: str, folder: Path) -> Iterator[Proxy]:
    """The example's nginx before a gateway at ``host:port``, from when it passes requests."""
    program = installed("nginx", "nginx-light")
    port = free_port(ADDRESS, 0)
    certificate, key = _write_certificate(folder)
    main = folder / "nginx.conf"
    # Root's workers would be another user's, for whom the tests' folder is closed.
    main.write_text(_MAIN.format(folder=folder, user="" if os.getuid() else "user root;"))
    folder.joinpath("stats-gateway.conf").write_text(_rendered(gateway, port, certificate, key))
    command = [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(main)]
    with subprocess.Popen(command) as process:
        try:
            proxy = Proxy(
                f"https://{ADDRESS}:{port}", ssl.create_default_context(cafile=certificate)
            )
            _wait(proxy, process, folder / "error.log")
            yield proxy
        finally:
            process.terminate()


def _rendered(gateway: str, port: int, certificate: Path, key: Path) -> str:
    """The example with this machine's addresses and files in the place of its own."""
    text = EXAMPLE.read_text()
    for shown, here in {
        "server 127.0.0.1:8000;": f"server {gateway};",
        "listen 443 ssl http2;": f"listen {ADDRESS}:{port} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "/etc/ssl/stats.example.org.pem": str(certificate),
        "/etc/ssl/private/stats.example.org.key": str(key),
    }.items():
        assert text.count(shown) == 1, shown
        text = text.replace(shown, here)
    return text


def _wait(proxy: Proxy, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    with proxy.client(ADDRESS) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if client.get("/readyz").status_code == 200:
                    return
            time.sleep(0.05)
    raise AssertionError(f"nginx does not serve:\n{log.read_text()}")


def _write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this address for an hour, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stats.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(ADDRESS))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
