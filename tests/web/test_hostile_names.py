"""Names and titles that strangers chose, on every page: each is text, and nothing of it runs."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import Connection

from gateway.directory.load import load_directory
from gateway.web import _PAGES
from tests.certificates_of import made_certificate, write_certificates
from tests.goals_of import made_goal, write_goals
from tests.web.conftest import Served, Visit
from tests.web.groups import GROUPS, walk, write_groups
from tests.web.history import ADA, BERT, DIRECTORY
from tests.web.test_session import sign_in

HOSTILE = (
    "</title></script><script>document.title='pwned'</script>"
    "<img src=x onerror=\"document.title='pwned'\">{name}&lt;b&gt;\"'`"
)
LOGIN = "=cmd|' /C calc'!A0<svg onload=alert(1)>"
CERTIFICATE = made_certificate(
    1, BERT, login=LOGIN, display_name=f"Bert {HOSTILE}", project_id=5, project_name=HOSTILE
)
#: What stands out of the page, which then scrolls to the side.
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > width)
        .map((one) => `${one.tagName}.${one.className}`);
}"""
#: What each page shows of it, at least, to an admin of all groups.
SHOWN = {
    "/": ["Galaxies", "Herons 24"],
    "/groups": ["Herons 20", "Herons 24"],
    "/groups/{id:int}": ["Herons 24", "Bert", "Galaxies", "Goal"],
    "/groups/{id:int}/contributors": ["Herons 24", "Bert", "Galaxies"],
    "/projects/{id:int}": ["Galaxies", "Shapes"],
    "/me": ["Ada", "Galaxies", "Herons 20"],
    "/me/certificate": ["Ada"],
    "/certificates/{code}": ["Bert"],
    "/sign-in": [],
}


def write_hostile(connection: Connection) -> None:
    """Everything that has a name has a hostile one, in front of which one can tell whose it is."""
    users = [{**_hostile(one), "login": f"{one['id']}{LOGIN}"} for one in DIRECTORY["users"]]
    named = {kind: [*map(_hostile, DIRECTORY[kind])] for kind in ("projects", "workflows")}
    groups = [
        {"id": group, "display_name": f"Herons {group} {HOSTILE}", "stats_visibility": level}
        for level, group in enumerate(GROUPS)
    ]
    load_directory(connection, {"users": users, **named, "user_groups": groups})
    write_goals(connection, made_goal(24, group=24, title=f"Goal {HOSTILE}", target=2))
    own = made_certificate(2, ADA, login=LOGIN, display_name=f"Ada {HOSTILE}")
    write_certificates(connection, CERTIFICATE, own)


def _hostile(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "display_name": f"{one['display_name']} {HOSTILE}"}


@pytest.fixture(autouse=True, scope="module")
def written(served: Served) -> None:
    served.write(write_groups)
    served.write(write_hostile)


def test_each_page_is_looked_at() -> None:
    assert {*SHOWN} == {"/", *_PAGES}


@pytest.mark.parametrize(
    "visit", [{"viewport": {"width": 360, "height": 720}}], ids=["phone"], indirect=True
)
def test_a_hostile_name_is_text_on_every_page(visit: Visit, served: Served) -> None:
    page = visit.open("/sign-in")
    sign_in(page, served.token)
    for path, names in SHOWN.items():
        address = path.replace("{code}", CERTIFICATE.code)
        number = "5" if "projects" in path else "24"
        walk(page, address.replace("{id:int}", number) + ("?search=her" if path == "/" else ""))
        for name in names:
            shown = page.locator("main").get_by_text(f"{name} {HOSTILE}").first
            expect(shown).to_be_attached()
        assert "pwned" not in page.title().replace(HOSTILE, ""), path
        assert page.locator("main :is(img, script, iframe, object, svg[onload])").count() == 0
        assert page.evaluate(TOO_WIDE) == [], path
    assert visit.complaints == []
