"""How somebody uses a page: with a pointer, or by keys alone."""

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

#: More than any page has to stop at.
_MOST_STOPS = 150
#: Whether the keys go to an element, and a reader sees that.
_IS_FOCUSED = """(element) => {
    if (element !== document.activeElement) return false;
    const { outlineStyle } = getComputedStyle(element);
    if (!element.matches(":focus-visible") || outlineStyle === "none")
        throw new Error(`Nobody sees that this has the focus: ${element.outerHTML}`);
    return true;
}"""
#: Whether no key was pressed yet since the document came.
_NOTE_KEYS = "addEventListener('keydown', () => { window.keyWasPressed = true }, true)"
_IS_LOST = "document.activeElement === document.body && window.keyWasPressed === true"


class Hands(Protocol):
    """What can be done to a control of a page."""

    def press(self, control: Locator) -> None: ...

    def write(self, field: Locator, text: str) -> None:
        """Have this text in a field, in place of what was there."""


class Pointer:
    """Clicks."""

    def press(self, control: Locator) -> None:
        control.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)


class Keys:
    """The keyboard of one tab: Tab until the control has the focus, then Enter, or the text.

    Fails where the focus was lost, where it is not seen, and where Tab never comes.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        page.add_init_script(_NOTE_KEYS)

    def press(self, control: Locator) -> None:
        self.reach(control)
        self._page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self._page.keyboard.press("Control+A")
        self._page.keyboard.insert_text(text)

    def reach(self, control: Locator) -> None:
        """Give a control the focus."""
        expect(control).to_be_visible()
        expect(control).to_be_enabled()
        assert not self._page.evaluate(_IS_LOST), f"The focus was lost before {control}."
        # A dialog gives the focus to its first field by itself.
        for _ in range(_MOST_STOPS):
            if control.evaluate(_IS_FOCUSED):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {control}.")


POINTER = Pointer()
