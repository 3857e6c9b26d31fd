"""Where the gateway does not let people change groups and goals, no page offers it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import Connection

from gateway.directory.load import load_directory
from tests.server import serving
from tests.web.conftest import Served, Visit
from tests.web.groups import walk, write_groups
from tests.web.history import ADA
from tests.web.test_session import sign_in

INVITING = 31


@pytest.fixture(scope="module")
def closed(
    wheel_with_pages: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A gateway with the same data, with the default of ``STATS_GATEWAY_GROUPS``."""
    served.write(write_groups)
    served.write(_invite)
    folder = tmp_path_factory.mktemp("closed")
    settings = {
        "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{served.database}",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(served.database.parent / "keys" / "public.pem"),
        "STATS_GATEWAY_PAGES": "true",
        "PYTHONPATH": str(wheel_with_pages),
    }
    with serving(folder, **settings) as server:
        yield served._replace(root=server.url.removesuffix("/graphql"))


def _invite(connection: Connection) -> None:
    group = {"id": INVITING, "display_name": "Owls", "stats_visibility": "public_agg_only"}
    card = {"user_group_id": INVITING, "user_id": ADA, "state": "invited", "roles": []}
    load_directory(connection, {"user_groups": [group], "memberships": [card]})


def test_no_page_offers_what_would_be_refused(visit: Visit, closed: Served) -> None:
    page = visit.page
    page.goto(f"{closed.root}/me")
    sign_in(page, closed.token)
    expect(page.get_by_role("heading", name="Goals")).to_be_visible()
    expect(page.get_by_text("There are no goals at the moment.")).to_be_visible()
    expect(page.get_by_role("button", name="Set a goal")).to_have_count(0)

    walk(page, "/groups")
    expect(page.get_by_text("Here you can neither create groups nor join others.")).to_be_visible()
    expect(page.locator(".invitations li")).to_contain_text("Owls")
    expect(page.locator("main").get_by_role("button")).to_have_count(0)

    walk(page, "/groups/24")
    expect(page.get_by_role("region", name="Members")).to_have_count(0)
    expect(page.get_by_role("button", name="Set a goal")).to_have_count(0)
    expect(page.get_by_role("button", name="Settings")).to_have_count(0)

    walk(page, f"/groups/{INVITING}")
    page.evaluate("token => { location.hash = `join_token=${token}` }", "0" * 32)
    expect(page.get_by_role("heading", name="Join Owls")).to_be_visible()
    expect(page.get_by_text("Here you can neither create groups nor join others.")).to_be_visible()
    expect(page.get_by_role("button", name="Join the group")).to_have_count(0)
    assert visit.complaints == []
