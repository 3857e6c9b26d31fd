"""Pagination of a resource of Panoptes' JSON-API."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from gateway.directory.panoptes.client import PanoptesRefused, Parameters
from gateway.directory.panoptes.retrying import Api

T = TypeVar("T")

#: The most that Panoptes puts on a page, and the most ids that we name in one request.
PAGE_SIZE = 100

#: The most pages that are requested at once: 100,000 members of a group. Who names more is broken,
#: and to ask for all of them would stop the process.
MOST_PAGES = 1000

#: A resource as Panoptes has it: attributes, ``links``, and an ``id`` that is a text.
Resource = dict[str, Any]


class Page(NamedTuple):
    """A page: records of a resource, included records, and the path of the next page."""

    records: Sequence[Resource]
    #: Included records by their type.
    linked: dict[str, Sequence[Resource]]
    #: The path of the next page; None on the last one.
    next_href: str | None
    page_count: int
    #: Records of all pages; 0 where Panoptes does not count.
    total: int


async def first_page(api: Api, name: str, parameters: Parameters) -> Page:
    """The first page of the resource ``name``, such as ``user_groups``, by ascending id."""
    query = {"page_size": PAGE_SIZE, "sort": "id", **parameters}
    return _read(await api.get(f"/{name}", query), name)


async def page_at(api: Api, name: str, href: str) -> Page:
    """The page at the ``next_href`` of an earlier one."""
    return _read(await api.get(href), name)


async def all_pages(
    api: Api, name: str, parameters: Parameters, most: int = MOST_PAGES
) -> list[Page]:
    """All pages; those behind the first are requested at once.

    PanoptesRefused if there are more than ``most``.
    """
    first = await first_page(api, name, parameters)
    if first.page_count > most:
        raise PanoptesRefused(f"/{name} of Panoptes has more than {most:,} pages.")
    more = await together(
        first_page(api, name, {**parameters, "page": number})
        for number in range(2, first.page_count + 1)
    )
    return [first, *more]


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines concurrently; the results in order. The first error stops the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def _read(document: dict[str, Any], name: str) -> Page:
    records = document.get(name)
    meta = document.get("meta")
    about = meta.get(name) if isinstance(meta, dict) else None
    if not isinstance(records, list) or not isinstance(about, dict):
        raise PanoptesRefused(f"/{name} of Panoptes did not answer with a page of {name}.")
    linked = document.get("linked")
    href = about.get("next_href")
    # Only ever a path of this API: an absolute URL would take our token elsewhere.
    if href is not None and not str(href).startswith(f"/{name}?"):
        raise PanoptesRefused(
            f"/{name} of Panoptes gives a next page that belongs to another resource or server."
        )
    return Page(
        [record for record in records if isinstance(record, dict)],
        linked if isinstance(linked, dict) else {},
        href,
        _number(about.get("page_count")),
        _number(about.get("count")),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
