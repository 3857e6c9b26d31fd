"""Lists of public groups, where Panoptes says what is public."""

from __future__ import annotations

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from tests.directory.panoptes.asking import BOB, FRESH_SECONDS, SITE_ADMIN, STALE_SECONDS, Gateway
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import GROUP

LIST = "query List($first: Int) { userGroups(first: $first) { totalCount nodes { id } } }"


async def listed(gateway: Gateway, viewer: Viewer) -> list[str]:
    answer = await gateway.ask(LIST, viewer, first=20)
    assert answer.codes == {}
    return [node["id"] for node in answer.data["userGroups"]["nodes"]]


@pytest.mark.parametrize("viewer", [ANONYMOUS, BOB, SITE_ADMIN])
async def test_a_group_that_panoptes_has_hidden_is_in_nobodys_list(
    gateway: Gateway, panoptes: LocalPanoptes, viewer: Viewer
) -> None:
    """Bob is its admin."""
    await gateway.ask(GROUP, ANONYMOUS, id="502")
    await gateway.live.drain()
    assert await listed(gateway, viewer) == ["502"]
    panoptes.find("user_groups", 502)["stats_visibility"] = "private_agg_only"
    gateway.clock.pass_by(FRESH_SECONDS)
    assert await listed(gateway, viewer) == []

    await gateway.live.drain()
    answer = await gateway.ask(LIST, viewer, first=20)
    assert answer.data["userGroups"] == {"totalCount": 0, "nodes": []}


async def test_a_page_of_stale_groups_alone_is_an_error_if_others_follow(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.group(503, "public_agg_only")
    for group in ("502", "503"):
        await gateway.ask(GROUP, ANONYMOUS, id=group)
    await gateway.live.drain()
    gateway.clock.pass_by(STALE_SECONDS)
    panoptes.always = 503
    assert (await gateway.ask(LIST, ANONYMOUS, first=1)).codes == {"userGroups": "UNAVAILABLE"}
    assert await listed(gateway, ANONYMOUS) == []
