"""What people do who are new: the steps from a group to a certificate that somebody else checks.

They are the same whoever signs them in, and whether they use a pointer or keys.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from gateway.cli.demo import MEMBER
from tests.server import STATS_GATEWAY, environment
from tests.web.people import Person
from tests.web.test_certificate import CODE, facts, printed
from tests.web.test_goals import goals, set_goal

GROUP = "Meerkat watchers"
GOAL = "First meerkats"
TARGET = 3


#: Signs somebody in, from whatever page they are at.
SignIn = Callable[[Person], None]
#: Sends work of who has joined, until what it is given has seen enough; returns how much it was.
Work = Callable[[Callable[[], None]], int]


def ready(page: Page) -> None:
    """Wait until a page shows what it asked for."""
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator(".waiting")).to_have_count(0)


def go(person: Person, link: str) -> None:
    """By a link of the frame: whoever reloads is no longer signed in."""
    navigation = person.page.get_by_role("navigation", name="Main")
    person.hands.press(navigation.get_by_role("link", name=link))


def take_part(
    leader: Person, member: Person, stranger: Person, root: str, sign_in: SignIn, work: Work
) -> None:
    """All of it: the leader is signed in; the member signs in on the way, the stranger never."""
    link = create_group(leader)
    # Whoever the link is sent to has a browser of their own, and signs in there.
    join(member, link, sign_in)
    set_goal(leader.page, TARGET, leader.hands, **{"Title (optional)": GOAL})
    # The member sees it as well, by a live answer.
    for person in (leader, member):
        expect(goals(person.page)).to_contain_text(f"0 of {TARGET} classifications (0%)")
    see_it_move([leader, member], work)
    code, counted = certify(member)
    check(stranger, f"{root}/certificates/{code}", counted)


def create_group(person: Person) -> str:
    """Create a group and copy its join link; the page stays at the group."""
    page, hands, keep = person
    go(person, "My groups")
    hands.press(page.get_by_role("button", name="Create a group"))
    dialog = page.get_by_role("dialog", name="Create a group")
    hands.write(dialog.get_by_label("Title"), GROUP)
    keep("create-group")
    hands.press(dialog.get_by_role("button", name="Create a group"))
    expect(page.get_by_role("heading", name=GROUP, level=1)).to_be_visible()
    panel = page.get_by_role("region", name="Join link")
    hands.press(panel.get_by_role("button", name="Show the link"))
    # The gateway makes one with the group, where it knows the address of its page.
    hands.press(panel.get_by_role("button", name="Copy"))
    expect(panel.get_by_text("has been copied")).to_be_visible()
    keep("join-link")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def join(person: Person, link: str, sign_in: SignIn) -> None:
    """Join a group by its link, whose token waits while one signs in."""
    page, hands, keep = person
    page.goto(link)
    expect(page.get_by_text("Sign in to join.")).to_be_visible()
    sign_in(person)
    expect(page.get_by_text("Signed in as")).to_be_visible()
    assert page.url == link.partition("#")[0]
    keep("join")
    hands.press(page.get_by_role("button", name="Join the group"))
    expect(page.get_by_text(f"You are now a member of {GROUP}.")).to_be_visible()
    expect(page.locator(".opening")).to_contain_text("2 members")
    expect(page.locator(".figure.great .value")).to_have_text("0")


def see_it_move(people: list[Person], work: Work) -> None:
    """Look on until the goal is reached, for everybody who looks."""

    def watch() -> None:
        for page, *_ in people:
            celebrated = page.get_by_role("status").filter(has_text=GOAL)
            expect(celebrated).to_contain_text(f"{GOAL}: the goal is reached!")

    number = work(watch)
    assert number >= TARGET
    for page, *_ in people:
        expect(goals(page)).to_contain_text(f"{number} of {TARGET} classifications")
        expect(page.locator(".figure.great .value")).to_have_text(str(number))
    for person, name in zip(people, ("goal-of-admin", "goal-of-member"), strict=True):
        person.keep(name)


def certify(person: Person) -> tuple[str, dict[str, str]]:
    """Issue and print a certificate of what the viewer has done; its code and its figures."""
    page, hands, keep = person
    go(person, "My statistics")
    expect(page.locator(".chart")).to_be_visible()
    keep("me")
    hands.press(page.locator(".opening").get_by_role("link"))
    hands.press(page.get_by_role("button", name="Issue a certificate"))
    expect(page.locator(".sheet h2")).to_be_visible()
    keep("certificate")
    assert [printed(page, paper) for paper in ("A4", "Letter")] == [1, 1]
    code = "".join((page.locator(".sheet code").text_content() or "").split())
    assert CODE.fullmatch(code)
    counted = facts(page)
    # Last of all: nobody takes what the button has sent to a printer.
    page.evaluate("addEventListener('beforeprint', () => { window.isPrinted = true })")
    hands.press(page.get_by_role("button", name="Print"))
    page.wait_for_function("window.isPrinted")
    return code, counted


def check(person: Person, address: str, counted: dict[str, str]) -> None:
    """Look up what was certified, as somebody who was given the code and is not signed in."""
    page, _, keep = person
    page.goto(address)
    ready(page)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert facts(page) == counted
    expect(page.locator("main")).to_contain_text("The same are counted today.")
    keep("certificate-checked")


def working_beside(folder: Path) -> Work:
    """``demo classify`` with the files of this folder, as the demo's member."""
    command = [STATS_GATEWAY, "demo", "classify", "--as", MEMBER.name, "--every", "1s"]

    def work(watch: Callable[[], None]) -> int:
        with subprocess.Popen(
            [*command, "--directory", str(folder)],
            env=environment(folder, {"PYTHONUNBUFFERED": "1"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as sending:
            assert sending.stdout is not None
            # A process of its own takes as long as the machine wants; the time of who watches
            # begins then.
            begun = sending.stdout.readline()
            try:
                watch()
            finally:
                sending.send_signal(signal.SIGINT)
            sent, refused = sending.communicate()
        assert refused == ""
        return (begun + sent).count("Sent classification")

    return work
