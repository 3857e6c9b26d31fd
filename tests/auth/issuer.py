"""An issuer's key set over real HTTP: what it answers can be changed while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from gateway.auth.token_keys import PublicKey
from tests.auth.conftest import Pair


@dataclass
class Issuer:
    """``body`` is answered with ``status``, once ``open`` is set; ``fetches`` counts."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fetches: int = 0
    open: Event = field(default_factory=Event)

    def publish(self, *entries: Any) -> None:
        self.status, self.body = 200, json.dumps({"keys": entries}).encode()


def entry(pair: Pair | PublicKey, **members: Any) -> dict[str, Any]:
    """The key as a member of a key set."""
    key = pair.key.key if isinstance(pair, Pair) else pair
    algorithm = (
        jwt.algorithms.ECAlgorithm
        if isinstance(key, EllipticCurvePublicKey)
        else jwt.algorithms.RSAAlgorithm
    )
    return algorithm.to_jwk(key, as_dict=True) | members


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetches += 1
            issuer.open.wait(30)
            self.send_response(issuer.status)
            for name, value in issuer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(issuer.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
