"""What on a screen is cut off, spills out of its box, or lies over something else."""

from playwright.sync_api import Page

_LOOK = """() => {
  const told = [];
  const name = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") || ""}`
    + ` "${(e.textContent || e.getAttribute("aria-label") || "").trim().slice(0, 40)}"`;
  const hidden = ".hidden, .wordy, .skip, svg, details:not([open]) > :not(summary)";
  const stack = getComputedStyle(document.querySelector(".stack thead") || document.body).position;
  const isSeen = (e) => e.getClientRects().length && !e.closest(hidden)
    && !(stack === "absolute" && e.closest(".stack thead"));
  const wide = document.scrollingElement.scrollWidth;
  if (wide > innerWidth) told.push(`the page is ${wide} wide`);
  const seen = [...document.querySelectorAll("body *")].filter(isSeen);
  for (const e of seen) {
    const { left, right } = e.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) told.push(`out of the window: ${name(e)}`);
    const { overflowX, overflowY } = getComputedStyle(e);
    if (e.clientWidth && e.scrollWidth > e.clientWidth + 1) {
      if (overflowX !== "auto") told.push(`wider than its place: ${name(e)}`);
    }
    if (overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1) {
      told.push(`cut off below: ${name(e)}`);
    }
  }
  const used = seen.filter((e) => e.matches("a, button, input, select, textarea, summary"));
  const scrolled = (e) => {
    for (let at = e.parentElement; at; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at.getBoundingClientRect();
    }
    return { top: -Infinity, bottom: Infinity };
  };
  const lines = used.flatMap((e) => [...e.getClientRects()].map((box) => {
    const place = scrolled(e);
    const top = Math.max(box.top, place.top), bottom = Math.min(box.bottom, place.bottom);
    return [e, { left: box.left, right: box.right, top, bottom }];
  }));
  for (const [at, [one, a]] of lines.entries()) {
    for (const [other, b] of lines.slice(at + 1)) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) told.push(`one over the other: ${name(one)}, ${name(other)}`);
    }
  }
  return told;
}"""


def troubles(page: Page) -> list[str]:
    """Tell what does not fit on the screen that is shown; each is named by its text."""
    found: list[str] = page.evaluate(_LOOK)
    return found
