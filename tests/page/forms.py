"""The forms of a page, as a browser would send them."""

from collections.abc import Mapping
from html.parser import HTMLParser

from tests.page.browser import Browser, Seen

_SINGLE = ("checkbox", "radio")


class _Forms(HTMLParser):
    """Reads each form's controls with what they would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._is_off = False
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a control that is sent; a file, a button and what is switched off are not."""
        has = dict(attrs)
        match tag:
            case "form":
                self.forms.append({"": has.get("action") or ""})
            case "fieldset":
                self._is_off = "disabled" in has
            case "input" | "textarea" if "disabled" not in has and not self._is_off:
                self._note(tag, has)

    def handle_endtag(self, tag: str) -> None:
        """Leave a group, or a text."""
        if tag == "fieldset":
            self._is_off = False
        self._area = ""

    def handle_data(self, data: str) -> None:
        """Take the text of a field with lines, without the line end that begins it."""
        if self._area:
            self.forms[-1][self._area] += data.removeprefix("\n")

    def _note(self, tag: str, has: Mapping[str, str | None]) -> None:
        name = has.get("name") or ""
        if has.get("type") in _SINGLE and "checked" not in has:
            return
        if has.get("type") != "file" and "form" not in has:
            self.forms[-1][name] = has.get("value") or ""
        self._area = name if tag == "textarea" else ""


def form_of(seen: Seen, action: str, **holds: str) -> dict[str, str]:
    """Give what a form would send if nobody touched it; `holds`: what it has among that."""
    reader = _Forms()
    reader.feed(seen.html)
    for form in reader.forms:
        if form.pop("") == action and holds.items() <= form.items():
            return form
    raise AssertionError(f"no form {action} {holds}")


def upload(browser: Browser, path: str, form: Mapping[str, str], name: str, content: bytes) -> Seen:
    """Send a form with a file."""
    line = "--------------------------p2"
    parts = [
        f'--{line}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in form.items()
    ]
    head = f'--{line}\r\nContent-Disposition: form-data; name="{name}"; filename="list.txt"\r\n'
    parts += [head.encode(), b"Content-Type: text/plain\r\n\r\n", content, b"\r\n"]
    body = b"".join([*parts, f"--{line}--\r\n".encode()])
    return browser.send_bytes(path, body, f"multipart/form-data; boundary={line}")
