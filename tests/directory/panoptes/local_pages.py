"""Pages of the tests' own Panoptes: numbers, sizes, and the addresses of others."""

from __future__ import annotations

from collections.abc import Mapping

from tests.directory.panoptes.local_answers import Record, RefusedError
from tests.directory.panoptes.local_records import wanted

USUAL_SIZE = 20
LARGEST_SIZE = 100


def number(parameters: Mapping[str, str]) -> int:
    """From one on; less, or what is no number, is one."""
    sent = parameters.get("page", "1")
    return max(int(sent), 1) if sent.isdecimal() else 1


def size(parameters: Mapping[str, str]) -> int:
    sent = parameters.get("page_size", str(USUAL_SIZE))
    asked = int(sent) if sent.isdecimal() else USUAL_SIZE
    if asked == 0:
        told = "Current page was incalculable. Perhaps you supplied 'page_size: 0' as a param?"
        raise RefusedError(422, told)
    return min(asked, LARGEST_SIZE)


def meta(resource: str, parameters: Mapping[str, str], count: int, included: list[str]) -> Record:
    """What a page says of itself and of others; addresses without ``admin`` and ``search``."""
    page, page_size = number(parameters), size(parameters)
    last = -(-count // page_size) or 1
    kept = {"include": ",".join(included)} if included else {}
    kept |= {"sort": parameters["sort"]} if "sort" in parameters else {}
    kept |= dict(sorted(wanted(resource, parameters).items()))

    def href(page_number: int | None) -> str | None:
        if page_number is None:
            return None
        named = {} if page_number == 1 else {"page": str(page_number)}
        named |= {} if page_size == USUAL_SIZE else {"page_size": str(page_size)}
        query = "&".join(f"{name}={value}" for name, value in (named | kept).items())
        return f"/{resource}?{query}" if query else f"/{resource}"

    following = page + 1 if page < last else None
    previous = page - 1 if page > 1 else None
    return {
        "page": page,
        "page_size": page_size,
        "count": count,
        "include": included,
        "page_count": last,
        "previous_page": previous,
        "next_page": following,
        "first_href": href(1),
        "previous_href": href(previous),
        "next_href": href(following),
        "last_href": href(last),
    }
