"""Pages of another site that show what the gateway serves, in frames and as images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import Page

#: What Chromium shows in place of a page that may not be framed.
REFUSED = "chrome-error://chromewebdata/"


class Host:
    """Another site: its name is another than that of the gateway, which tests ask by address."""

    def __init__(self, port: int) -> None:
        self.root = f"http://localhost:{port}"
        self.pages: dict[str, str] = {}
        #: Of all its pages.
        self.headers: dict[str, str] = {}

    def put(self, html: str) -> str:
        """The address of a page with this body."""
        path = f"/{len(self.pages)}"
        head = "<!doctype html><html lang=en><title>Host</title><link rel=icon href=data:,>"
        self.pages[path] = f"{head}<body>{html}</body>"
        return self.root + path


@contextmanager
def hosting(headers: Mapping[str, str] | None = None) -> Iterator[Host]:
    """Another site, served to this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = host.pages.get(self.path)
            self.send_response(200 if page else 404)
            for name, value in {"content-type": "text/html", **host.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        host = Host(server.server_address[1])
        host.headers.update(headers or {})
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield host
        server.shutdown()
        thread.join()


def shown_in_frames(page: Page, host: Host, addresses: list[str]) -> dict[str, str]:
    """What a page of the host shows for each address in a frame; REFUSED for nothing."""
    frames = "".join(f'<iframe src="{address}"></iframe>' for address in addresses)
    page.goto(host.put(frames))
    found = {}
    for place, address in zip(page.locator("iframe").all(), addresses, strict=True):
        handle = place.element_handle()
        frame = handle.content_frame() if handle else None
        assert frame is not None, address
        found[address] = frame.url
    return found
