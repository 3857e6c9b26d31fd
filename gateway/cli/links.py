"""Links to the pages of a server."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on


def root_url(host: str, port: int) -> str:
    """Root URL of a server, as its own machine opens it; no slash at the end."""
    name = "localhost" if host in _EVERYWHERE else host
    url_host = f"[{name}]" if ":" in name else name
    return f"http://{url_host}:{port}"


def pages_are_built() -> bool:
    """Whether the package contains the built pages."""
    return (files("gateway") / "web" / "bundle" / "index.html").is_file()


def path_of_projects(projects: Collection[int], *, has_pages: bool) -> str:
    """Path of the page with charts: the page of the project if there is only one."""
    if not has_pages:
        return "/graphql"
    return f"/projects/{next(iter(projects))}" if len(projects) == 1 else "/"
