"""How somebody uses a page: with a mouse, or with the keyboard alone."""

from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page

_MOST_STEPS = 500
_FRAME_PIXELS = 2

_IS_AT = "(e) => document.activeElement === e"
_SHOWS_WHERE = """(e) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(e);
  const { top, bottom, width, height } = e.getBoundingClientRect();
  const seen = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
  return seen && outlineStyle !== "none" ? parseFloat(outlineWidth) : 0;
}"""
_SHORTER_WAY = """(e) => {
  const all = [...document.querySelectorAll("a, button, input, textarea, summary")]
    .filter((each) => each.checkVisibility() && !each.disabled);
  const steps = all.indexOf(e) - all.indexOf(document.activeElement);
  return (steps + all.length) % all.length <= all.length / 2 ? "Tab" : "Shift+Tab";
}"""
_SAME_GROUP = """(e) => {
  const at = document.activeElement;
  return at.type === "radio" && at.name === e.name && at.form === e.form;
}"""
_LEADS_AWAY = "(e) => e.tagName !== 'SUMMARY' && !e.matches('a[href=\"/report\"]')"
_PLACE = "(e) => e.closest('.grid') && [e.closest('tr').rowIndex, e.closest('td').cellIndex]"


class Mouse:
    """Clicks, and types where it clicked."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        """Use a button, a link, or what unfolds something."""
        control.click()

    def tick(self, control: Locator, *, on: bool = True) -> None:
        """Tick a box or choose a radio button; `on` false: take the tick away."""
        control.set_checked(on)

    def write(self, control: Locator, text: str) -> None:
        """Put a text in the place of what is in a field."""
        control.fill(text)

    def set_time(self, control: Locator, text: str) -> None:
        """Set a time of the day."""
        control.fill(text)

    def set_date(self, control: Locator, day: date) -> None:
        """Set a day."""
        control.fill(day.isoformat())

    def attach(self, control: Locator, file: Path) -> None:
        """Choose a file."""
        control.set_input_files(file)


class Keyboard(Mouse):
    """Tab, Enter, the space bar, arrows and letters; whatever is reached shows that it is."""

    def press(self, control: Locator) -> None:
        """Enter."""
        self._reach(control)
        if control.evaluate(_LEADS_AWAY):
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        else:
            self.page.keyboard.press("Enter")

    def tick(self, control: Locator, *, on: bool = True) -> None:
        """The space bar; among radio buttons, arrows."""
        if control.get_attribute("type") == "radio":
            self._choose(control)
        elif control.is_checked() != on:
            self._reach(control)
            self.page.keyboard.press("Space")
        assert control.is_checked() == on

    def write(self, control: Locator, text: str) -> None:
        """Letters."""
        self._reach(control)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def set_time(self, control: Locator, text: str) -> None:
        """Hour, minute and half of the day."""
        hours, minutes = map(int, text.split(":"))
        half = "AM" if hours < 12 else "PM"
        self._type_parts(control, f"{hours % 12 or 12:02}{minutes:02}{half}", text)

    def set_date(self, control: Locator, day: date) -> None:
        """Month, day and year."""
        self._type_parts(control, f"{day:%m%d%Y}", day.isoformat())

    def attach(self, control: Locator, file: Path) -> None:
        """Enter, and then the browser's own window."""
        with self.page.expect_file_chooser() as choosing:  # chromium needs a while to expect it
            self._reach(control)
            self.page.keyboard.press("Enter")
        choosing.value.set_files(file)

    def _type_parts(self, control: Locator, typed: str, value: str) -> None:
        """Type the parts of a date or a time one after the other, as in American English."""
        self._reach(control)
        self.page.keyboard.type(typed)
        assert control.input_value() == value

    def _reach(self, control: Locator) -> None:
        """Go on with Tab until a control has the focus. Between the hours, arrows go on."""
        place = control.evaluate(_PLACE) if self._has_arrows(control) else None
        if place:
            self._cross(control, *place)
        else:
            self._go_on(control, _IS_AT)
        assert control.evaluate(_IS_AT)
        assert control.evaluate(_SHOWS_WHERE) >= _FRAME_PIXELS, control

    def _has_arrows(self, control: Locator) -> bool:
        return control.get_attribute("name") == "hours"

    def _cross(self, control: Locator, row: int, column: int) -> None:
        """Come to the first of the hours, and from there with arrows to one."""
        grid = self.page.locator(".grid tbody")
        self._go_on(grid.locator("input").first, _IS_AT)
        for _ in range(row - 1):
            self.page.keyboard.press("ArrowDown")
        for _ in range(column - 2):
            self.page.keyboard.press("ArrowRight")

    def _choose(self, control: Locator) -> None:
        """Come to a group of radio buttons, of which one takes the focus, and go to another."""
        self._go_on(control, _SAME_GROUP)
        for _ in range(_MOST_STEPS):
            if control.evaluate(_IS_AT):
                break
            self.page.keyboard.press("ArrowDown")
        if not control.is_checked():
            self.page.keyboard.press("Space")
        assert control.evaluate(_SHOWS_WHERE) >= _FRAME_PIXELS, control

    def _go_on(self, control: Locator, is_there: str) -> None:
        control.wait_for()
        key = control.evaluate(_SHORTER_WAY)
        for _ in range(_MOST_STEPS):
            if control.evaluate(is_there):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"the keyboard does not come to {control}")
