"""The served gateway, and what to send it to be somebody."""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

import httpx

from tests.server import Server
from tests.valid import valid_response


class Gateway(NamedTuple):
    server: Server
    credentials: dict[str, str | None]
    settings: dict[str, str]
    client: httpx.Client

    @property
    def base(self) -> str:
        return self.server.url.removesuffix("/graphql")

    def headers(self, asking: str) -> dict[str, str]:
        credential = self.credentials[asking]
        return {} if credential is None else {"authorization": f"Bearer {credential}"}

    def get(self, path: str, asking: str = "anonymous", **headers: str) -> httpx.Response:
        return self.client.get(self.base + path, headers=self.headers(asking) | headers)

    def rows(self, path: str, asking: str = "anonymous") -> list[list[str]]:
        """The cells of a CSV file."""
        response = self.get(path, asking)
        assert response.status_code == 200, response.text
        return [*csv.reader(io.StringIO(response.text, newline=""))]

    def query(self, document: str, asking: str = "anonymous", **variables: Any) -> dict[str, Any]:
        """An answer of GraphQL, whatever it is."""
        body = {"query": document, "variables": variables}
        answer: dict[str, Any] = valid_response(
            self.client.post(self.server.url, json=body, headers=self.headers(asking))
        ).json()
        return answer

    def ticket(
        self, path: str, asking: str, accept: str | None = None, base: str | None = None
    ) -> httpx.Response:
        """The answer to a request for a ticket."""
        content = {"path": path} if accept is None else {"path": path, "accept": accept}
        return self.client.post(
            f"{base or self.base}/files/tickets", json=content, headers=self.headers(asking)
        )
