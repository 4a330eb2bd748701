"""docs/tour.md is walked as it is written, against a running system with the demo."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from clew.web.demo.company import PASSWORD
from tests.running import LOCAL, ROOT, Run, bare, free_port, place

pytestmark = pytest.mark.slow

TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
STEPS = [
    line
    for block in re.findall(r"^```steps\n(.*?)^```", TOUR, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
PATIENCE = 20
FORM_SECONDS = 3.2  # without JavaScript, a form takes a person at least three seconds
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
FORM = re.compile(r'<form[^>]*method="post"[^>]*>.*?</form>', re.DOTALL)
ACTION = re.compile(r'<form[^>]*\baction="([^"]*)"')


class Visitor:
    """A browser without eyes: cookies, the page that is open, and its forms."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.path = self.page = ""
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self._opener.addheaders = [("Accept-Language", "zh-CN"), ("Referer", address + "/")]

    def open(self, path: str, data: bytes | None = None) -> None:
        """Fetch a page, or send to it."""
        try:
            with self._opener.open(self.address + path, data, timeout=30) as answer:
                self.path = urllib.parse.urlsplit(answer.url).path
                self.page = unescape(answer.read().decode())
        except urllib.error.HTTPError as error:
            pytest.fail(f"{path}: {error.code} {error.read().decode()[:2000]}")

    def send(self, fields: dict[str, str]) -> None:
        """Fill in the form of the open page that has the first field, and send it."""
        name = next(iter(fields))
        form = next(f for f in FORM.findall(self.page) if f'name="{name}"' in f)
        found = ACTION.search(form)
        values = {**dict(HIDDEN.findall(form)), **fields}
        path = found[1] if found and found[1] else self.path
        self.open(path, urllib.parse.urlencode(values).encode())


class Walk:
    """The tour as it is walked: who is signed in, which lead it is about."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.lead = self.secret = ""
        self.visitor = Visitor(address)

    def step(self, line: str) -> None:
        """Take one step of the tour."""
        verb, _, rest = line.partition(" ")
        getattr(self, f"_{verb}")(rest.replace("{lead}", self.lead))

    def _as(self, name: str) -> None:
        self.visitor = Visitor(self.address)
        if name != "visitor":
            self.visitor.open("/sign-in")
            self.visitor.send({"login": name, "password": PASSWORD})

    def _open(self, path: str) -> None:
        self.visitor.open(urllib.parse.quote(path, safe="/?=&"))

    def _see(self, words: str) -> None:
        assert words in self.visitor.page, f"{words!r} is not on {self.visitor.path}"

    def _send(self, text: str) -> None:
        if self.visitor.path.startswith("/f/"):
            time.sleep(FORM_SECONDS)
        self.visitor.send(dict(pair.split("=", 1) for pair in text.split("; ")))

    def _token(self, scope: str) -> None:
        self.visitor.open("/tokens")
        self.visitor.send({"name": "tour", "scopes": scope})
        found = re.search(r"clew_[\w-]{20,}", self.visitor.page)
        assert found, "the token is not shown"
        self.secret = found[0]

    def _post(self, body: str) -> None:
        request = urllib.request.Request(  # noqa: S310  our own server
            f"{self.address}/api/v1/leads",
            body.encode(),
            {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            assert answer.status == 202
            assert json.load(answer)["id"]

    def _await(self, text: str) -> None:
        words, _, where = text.partition(" on ")
        path, _, names = where.partition(" of ")
        people = [self.visitor]
        if names:
            people = [self._enter(name) for name in names.split(", ")]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for visitor in people:
                visitor.open(path)
                if words in visitor.page:
                    self.visitor = visitor
                    self.lead = self.lead or self._row(words)
                    return
            time.sleep(0.3)
        pytest.fail(f"{words!r} did not appear on {where}")

    def _enter(self, name: str) -> Visitor:
        self._as(name)
        return self.visitor

    def _row(self, words: str) -> str:
        rows = self.visitor.page.split('data-lead="')[1:]
        return next(row.partition('"')[0] for row in rows if words in row)


@pytest.fixture
def address(as_if_up: Callable[[Path], None]) -> Iterator[str]:
    """A system that has just been set up, with the demo."""
    with place("导览 tour") as folder:
        as_if_up(folder)
        run = Run(folder, free_port())
        run.until_ready()
        demo = [sys.executable, "-m", "clew.web.cli", "demo", "--json"]
        subprocess.run(demo, cwd=folder, env=bare(), check=True, capture_output=True)
        yield f"http://{LOCAL}:{run.port}"
        run.stop()


def test_the_tour_can_be_walked_as_it_is_written(address: str) -> None:
    walk = Walk(address)
    for line in STEPS:
        walk.step(line)
