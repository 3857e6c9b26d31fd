"""Where in a browser something can be seen."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on


def root_url(host: str, port: int) -> str:
    """Where a server that listens there is opened on its own machine; no slash at the end."""
    name = "localhost" if host in _EVERYWHERE else host
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}"


def pages_are_built() -> bool:
    """Whether the package has its pages."""
    return (files("gateway") / "web" / "bundle" / "index.html").is_file()


def path_of_projects(projects: Collection[int], *, has_pages: bool) -> str:
    """The path where they are shown: the page of the project if there is one alone."""
    if not has_pages:
        return "/graphql"
    return f"/projects/{next(iter(projects))}" if len(projects) == 1 else "/"
