"""``/projects``: list and show names of projects, for the pages of groups."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from starlette.responses import Response

from gateway.directory.name_lists import NameList
from gateway.directory.projects import Project
from gateway.loaders.names import Identifier
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import PageKey
from gateway.name_keys import identifier_key
from gateway.rest.jsonapi.answers import CachePolicy, document, respond
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound
from gateway.rest.jsonapi.include import as_written
from gateway.rest.jsonapi.paging import Page, page_meta, read_page
from gateway.rest.jsonapi.parameters import path_id, read_ids, read_values
from gateway.rest.jsonapi.shapes import project_shape

KIND = "projects"
RECORD = "project"
FILTERS = ("id", "slug")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


async def list_projects(call: Call) -> Response:
    """List projects with these ids or slugs, or all."""
    page = read_page(call.given)
    async with call.operation() as operation:
        ids, slugs = read_ids(call.given, "id"), read_values(call.given, "slug")
        if slugs is not None:
            ids = await _by_slug(operation, slugs, ids)
        if ids is None:
            count, found = await _all(operation, page)
        else:
            known = await _load(operation, ids)
            count, found = len(known), known[page.offset : page.offset + page.size]
    meta = page_meta("/projects", call.given, page, count, as_written(call.given))
    content = document(KIND, [project_shape(one) for one in found], meta, None)
    return respond(call.request, content, policy=CachePolicy.REVALIDATE)


async def show_project(call: Call) -> Response:
    """Show one project of the directory."""
    project_id = path_id(call.path["id"], KIND)
    async with call.operation() as operation:
        project = await operation.loaders.projects.load(project_id)
    if project is None:
        raise RecordNotFound(RECORD, project_id)
    meta = page_meta("/projects", {"id": str(project_id)}, Page(), 1, ())
    content = document(KIND, [project_shape(project)], meta, None)
    return respond(call.request, content, policy=CachePolicy.REVALIDATE)


async def _by_slug(
    operation: Operation, slugs: Sequence[str], ids: tuple[int, ...] | None
) -> tuple[int, ...]:
    keys = [
        Identifier(NameList.SLUGS, identifier_key(slug))
        for slug in slugs
        if not _CONTROL.search(slug)
    ]
    found = {one for many in await operation.loaders.identifiers.load_many(keys) for one in many}
    return tuple(sorted(found if ids is None else found.intersection(ids)))


async def _load(operation: Operation, ids: Sequence[int]) -> list[Project]:
    return [one for one in await operation.loaders.projects.load_many(ids) if one is not None]


async def _all(operation: Operation, page: Page) -> tuple[int, list[Project]]:
    ids, count = await asyncio.gather(
        operation.loaders.records.projects.load(PageKey(None, page.size, page.offset)),
        operation.loaders.records.project_count.load(None),
    )
    return count, await _load(operation, ids)
