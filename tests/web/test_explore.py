"""From a file to its chart: the link waits for pages that are still being built, and signs in."""

import shutil
from pathlib import Path

from playwright.sync_api import expect

from tests.cli.import_command import KENYA
from tests.exploring import exploring
from tests.made_up_clone import made_up_clone
from tests.web.conftest import Visit
from tests.web.test_accessible import axe, violations

__all__ = ["axe"]


def test_the_link_waits_for_the_pages_and_shows_the_chart_to_the_owner(
    visit: Visit, wheel_with_pages: Path, tmp_path: Path, axe: str
) -> None:
    clone, page = made_up_clone(tmp_path), visit.page
    shutil.copytree(wheel_with_pages / "gateway" / "web" / "bundle", clone.folder / "bundle")
    with exploring(tmp_path, "--no-browser", KENYA, **clone.settings) as explored:
        assert explored.path == "/projects/1"
        page.goto(f"{explored.root}{explored.path}#token={explored.token}")
        expect(page.get_by_role("heading", name="The pages are being built")).to_be_visible()
        assert violations(page, axe) == []

        clone.build_begun()
        clone.let_go()
        heading = page.get_by_role("heading", level=1, name="Wildlife Watch Kenya")
        expect(heading).to_be_visible()
        expect(page.get_by_text("Signed in as Owner")).to_be_visible()
        expect(page.locator("main")).to_contain_text("2,000")
        assert page.url == f"{explored.root}/projects/1"
        assert not any(explored.token in request.url for request in visit.requests)
        assert [one for one in visit.complaints if "status of 503" not in one] == []
        assert explored.said().count(explored.token) == 1
