"""A client that asks all the time what all comes to, and expects to see no older state again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

#: Until a standby that stands still is left after ten seconds, each request may reach the primary:
#: at this pace that is half of what one viewer may ask of it in a minute by default.
_PAUSE_SECONDS = 0.05
_QUERY = {"query": "{ classifications { totalCount } }"}


class Reader:
    """Asks until it is stopped, and brings the token of the last answer.

    ``decreases`` are totals below one that it was told before, where no header said that this may
    be; ``errors`` are answers that were none.
    """

    def __init__(self, url: str) -> None:
        #: The endpoint of the gateway; to be changed when another one takes its place.
        self.url = url
        self.answers = 0
        #: Answers whose header said that they may be older than what was seen.
        self.eventual = 0
        self.decreases: list[tuple[int, int]] = []
        self.errors: list[str] = []
        self._stopped = threading.Event()
        self._threads = ThreadPoolExecutor(1)
        self._asking: Future[None] = self._threads.submit(self._ask_all)

    def stop(self) -> None:
        """Ask no more; raise what it could not go on after."""
        self._stopped.set()
        with self._threads:
            self._asking.result()

    def _ask_all(self) -> None:
        token, highest = "", 0
        with httpx.Client(timeout=60, trust_env=False) as client:
            while not self._stopped.is_set():
                url = self.url
                try:
                    response = client.post(url, json=_QUERY, headers={"Consistency-Token": token})
                except httpx.TransportError as error:
                    # The gateway itself was killed.
                    if url == self.url and not self._stopped.is_set():
                        self.errors.append(type(error).__name__)
                    time.sleep(0.1)
                    continue
                content = response.json()
                if response.status_code != 200 or "errors" in content:
                    self.errors.append(response.text)
                    continue
                self.answers += 1
                total = content["data"]["classifications"]["totalCount"]
                token = response.headers.get("consistency-token", token)
                if response.headers.get("consistency") == "eventual":
                    self.eventual += 1
                elif total < highest:
                    self.decreases.append((highest, total))
                highest = max(highest, total)
                time.sleep(_PAUSE_SECONDS)
