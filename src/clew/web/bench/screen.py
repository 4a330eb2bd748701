"""How long it takes from a lead's submit until its row stands in an open page, with everybody looking."""

import json
import shutil
import subprocess
import sys
import time
from itertools import cycle, islice
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from clew.access.models import Member, Role
from clew.web.bench import servers
from clew.web.bench.accept import token
from clew.web.bench.visitors import session

RATE = 100
CLIENTS = 49
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
WATCH = """() => {
  window.seen = {};
  const look = () => { for (const row of document.querySelectorAll("[data-lead]"))
    window.seen[row.dataset.lead] ||= performance.timeOrigin + performance.now(); };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def measure(seconds: int) -> dict[str, float | str | None]:
    """Measure in one Chromium while 49 more clients fetch as the page does, at 100 leads a second.

    The key `screen_p50_ms` is null where there is no Chromium.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return {"screen_p50_ms": None, "screen_p99_ms": None}
    people = list(Member.objects.filter(role=Role.SALESPERSON).order_by("pk"))
    sessions = [session(member) for member in islice(cycle(people), CLIENTS + 1)]
    secret = token()
    worker = [sys.executable, "-m", "clew.web.cli", "work"]
    with servers.web() as (url, _), servers.running(worker), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = _open(browser, url, sessions[0])
        crowd = {"url": url, "token": secret, "sessions": sessions[1:], "rate": RATE}
        said = _let_loose(crowd, seconds)
        time.sleep(2)
        seen: dict[str, float] = page.evaluate("window.seen")
        browser.close()
    return _figures(said, seen)


def _let_loose(crowd: dict[str, object], seconds: int) -> dict[str, Any]:
    """Run everybody else in a process of its own. Returns what was sent."""
    words = [sys.executable, "-m", "clew.web.bench.crowd", str(seconds)]
    asked = json.dumps(crowd)
    done = subprocess.run(words, input=asked, capture_output=True, text=True, check=True)  # noqa: S603
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _figures(sent: dict[str, Any], seen: dict[str, float]) -> dict[str, float | str | None]:
    waits = sorted(seen[lead] - at for lead, at in sent["leads"].items() if lead in seen)
    if not waits:
        raise RuntimeError("no lead appeared in the page")
    return {
        "screen_p50_ms": round(waits[len(waits) // 2]),
        "screen_p99_ms": round(waits[min(len(waits) - 1, int(len(waits) * 0.99))]),
        "screen_rows": len(waits),
        "screen_leads_per_s": round(len(sent["leads"]) / sent["seconds"]),
        "screen_fetches": sent["fetches"],
    }


def _open(browser: Browser, url: str, session: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    page = context.new_page()
    page.goto(f"{url}/my-day")
    page.evaluate(WATCH)
    return page
