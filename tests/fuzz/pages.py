"""What a page offers: its forms with their fields, and the queries of its links."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit


@dataclass
class Field:
    """One field of a form: its value as the page has it, and what may be chosen."""

    name: str
    value: bytes = b""
    options: list[bytes] = field(default_factory=list)


@dataclass
class Form:
    """A form of a page, and who saw it."""

    role: str
    page: str
    method: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)


class Reader(HTMLParser):
    """Collects forms, addresses of fetches (data-…), and names of query parameters."""

    def __init__(self, role: str, page: str) -> None:
        super().__init__()
        self.role, self.page = role, page
        self.forms: list[Form] = []
        self.queries: list[tuple[str, str]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            action = urljoin(self.page, given.get("action", ""))
            method = given.get("method", "get").upper()
            self.forms.append(Form(self.role, self.page, method, action))
        elif tag == "a":
            query = urlsplit(given.get("href", "")).query
            self.queries += parse_qsl(query, keep_blank_values=True)
        elif tag in {"input", "textarea", "select", "button"} and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self._select and self.forms:
            chosen = self.forms[-1].fields.get(self._select)
            if chosen:
                chosen.options.append(given.get("value", "").encode())

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _field(self, tag: str, given: dict[str, str]) -> None:
        if not self.forms:
            return
        name, value = given["name"], given.get("value", "").encode()
        known = self.forms[-1].fields.setdefault(name, Field(name, value))
        if tag == "select":
            self._select = name
        elif tag == "button" or given.get("type") in {"radio", "checkbox"}:
            known.options.append(value)


def read(role: str, page: str, html: str) -> Reader:
    """Everything that one page offers."""
    reader = Reader(role, page)
    reader.feed(html)
    return reader
