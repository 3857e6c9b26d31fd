"""Each door reads for who brings a consistency token from a state that is no older."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.replicas.conftest import Cluster, serving_at_a_standby
from tests.replicas.doors import (
    CONSISTENCY,
    DOORS,
    NUMBERS,
    ORIGIN,
    TOKEN,
    Door,
    Site,
    assert_readable_by_pages,
    of_rows,
)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
async def test_what_is_read_with_a_token_is_no_older(
    cluster: Cluster, site: Site, door: Door
) -> None:
    number = next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    async with cluster.paused(cluster.standby_urls[0]):
        token = await site.store(2 * number + 1, number)
        seen, headers = await site.read(door, number)
        assert (seen, TOKEN in headers) == (1, False)
        assert_readable_by_pages(headers)
        seen, headers = await site.read(door, number, **{TOKEN: token})
        assert (seen, CONSISTENCY in headers) == (2, False)
        # Whoever goes on with the token of this answer has it again.
        seen, _ = await site.read(door, number, **{TOKEN: headers[TOKEN]})
        assert seen == 2


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
async def test_who_brings_no_token_yet_gets_one_also_with_what_is_cached(
    cluster: Cluster, site: Site, door: Door
) -> None:
    number = next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    for _ in range(3):
        seen, headers = await site.read(door, number, **{TOKEN: ""})
        assert (seen, TOKEN in headers, CONSISTENCY in headers) == (1, True, False)


async def test_a_file_is_no_older_than_what_was_seen_when_its_ticket_was_made(
    cluster: Cluster, site: Site
) -> None:
    number = next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    async with cluster.paused(cluster.standby_urls[0]):
        token = await site.store(2 * number + 1, number)
        for sent, expected in (({TOKEN: token}, 2), ({}, 1), ({TOKEN: f"{token}," * 20}, 1)):
            body = {"path": f"/files/users/{number}/buckets", "accept": "text/csv"}
            headers = site.signed_in(number) | sent
            url = f"{site.root}/files/tickets"
            ticket = await site.client.post(url, json=body, headers=headers)
            file = await site.client.get(site.root + ticket.json()["path"])
            assert of_rows(file.text) == expected


async def test_a_download_that_may_be_older_says_so(
    cluster: Cluster, site: Site, tmp_path: Path
) -> None:
    number = next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    (tmp_path / "keys").symlink_to(site.server.log.parent / "keys")
    never = {"STATS_GATEWAY_PRIMARY_READS_PER_MINUTE": "0"}
    with serving_at_a_standby(cluster, tmp_path, **never) as server:
        limited = site._replace(server=server)
        async with cluster.paused(cluster.standby_urls[0]):
            token = await limited.store(2 * number + 1, number)
            body = {"path": f"/files/users/{number}/buckets", "accept": "text/csv"}
            headers = site.signed_in(number) | {TOKEN: token}
            url = f"{limited.root}/files/tickets"
            ticket = await site.client.post(url, json=body, headers=headers)
            file = await site.client.get(limited.root + ticket.json()["path"])
    assert of_rows(file.text) == 1
    assert file.headers[CONSISTENCY] == "eventual"


@pytest.mark.parametrize("path", ["/api/user_groups", *(door.path for door in DOORS.values())])
async def test_pages_of_other_sites_may_send_a_token(site: Site, path: str) -> None:
    asked = {"access-control-request-method": "GET", "access-control-request-headers": TOKEN}
    url = site.root + path.replace("%d", "1")
    preflight = await site.client.options(url, headers={**ORIGIN, **asked})
    assert TOKEN in preflight.headers["access-control-allow-headers"]
