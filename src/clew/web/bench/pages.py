"""`clew bench pages`: how long pages take in a company with a million leads, five million moves and three hundred people.

Times are from request to the last byte, over loopback, one request at a time, a worker running beside. Every
kind of page is asked for in all ways that its readers use, by an administrator, a manager and salespeople.

With `--here` the company is the demo that stands in the operator's own database; else one is built.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from urllib.parse import quote

from django.core.management import call_command
from django.db import connection

from clew.access.models import Member, Role
from clew.base.sealing import unseal
from clew.capture.models import Source
from clew.contacts.initials import initials
from clew.contacts.models import Contact, Identifier, Lead
from clew.handoff.models import Placement
from clew.pipeline.moves.models import Stay
from clew.web.bench.servers import running, web
from clew.web.bench.visitors import Visitor
from clew.web.bench.wandering import wander
from clew.web.demo import SEED, load
from clew.web.demo.growth import grow
from clew.web.terminal import complain, say

SIZE = 1_000_000
QUICK_SIZE = 20_000
MOVES_PER_LEAD = 5
TIMES, QUICK_TIMES = 12, 2
LISTS = (
    "place=pool",
    "grade=3",
    "source=baidu",
    "source=fair&grade=1",
    "region=苏州",
    "region=440000",
    "category=伺服",
    "sort=oldest",
    "holder=me",
    "team=1",
    "team=1&grade=3&opened=30d",
    "opened=7d",
    "end=won&opened=365d",
    "reached=answered&opened=90d",
    "speed=tried_work_5m&opened=90d",
    "promise=broken&opened=30d",
    "sort=best&opened=7d",
)
SIGNS = "=&"
REPEATED = 5
SIDES = ("online", "offline")
REPORTS = {
    "funnel": "/funnel?opened=365d",
    "speed": "/funnel/speed?opened=365d",
    "stages": "/funnel/stages?opened=365d",
}
Figures = dict[str, float]
Ways = Sequence[tuple[Visitor, str]]


def main() -> None:
    """Build the company, ask for the pages, and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="the number of leads, where it is another")
    parser.add_argument("--here", action="store_true")
    options = parser.parse_args()
    size = int(options.only or (QUICK_SIZE if options.quick else SIZE))
    figures = ({} if options.here else _build(size)) | _found()
    worker = [sys.executable, "-m", "clew.web.cli", "work"]
    with web() as (url, _), running(worker):
        figures |= _measure(url, QUICK_TIMES if options.quick else TIMES)
    say(json.dumps(figures))


def _build(size: int) -> Figures:
    call_command("migrate", interactive=False, verbosity=0)
    began = time.perf_counter()
    load(datetime.now(UTC))
    begin = Source.objects.earliest("created_at").created_at
    grow(size, begin, SEED, lambda count: complain(f"{count} leads …"))
    took = time.perf_counter() - began
    wander(MOVES_PER_LEAD * size)
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return {"build_s": round(took)}


def _found() -> Figures:
    people = Member.objects.filter(is_active=True).count()
    moves = Stay.objects.count()
    return {"leads": Lead.objects.count(), "moves": moves, "people": people}


def _measure(url: str, times: int) -> Figures:
    names = ("admin", "xu", "lin", "gao")
    people = [Visitor(url, member) for member in Member.objects.filter(username__in=names)]
    admin = Visitor(url, Member.objects.get(role=Role.ADMINISTRATOR))
    chance = random.Random(5)  # noqa: S311  the same pages in every run
    lists = ["view=", *LISTS]
    kinds = {
        "lead_list": [(who, f"/leads?{quote(way, safe=SIGNS)}") for who in people for way in lists],
        "lead": [(admin, f"/leads/{pk}") for pk in _leads(chance)],
        "my_day": [(who, "/my-day") for who in people],
        "board": [(who, f"/board?side={side}") for who in people for side in SIDES],
        "search": [(who, f"/leads?q={quote(q)}") for q in _searched(chance) for who in people],
    }
    figures: Figures = {}
    for kind, ways in kinds.items():
        complain(f"{kind} …")
        figures |= _timed(kind, ways, times)
    for name, path in REPORTS.items():
        took = [admin.look(path) for _ in range(REPEATED)]
        figures[f"{name}_s"] = round(median(took) / 1000, 2)
    return figures


def _timed(kind: str, ways: Ways, times: int) -> Figures:
    """Ask for each page once to warm up, then in turn; p95, median and longest in ms."""
    slow, worst = max((who.look(path), path) for who, path in ways)
    took = sorted(who.look(path) for _ in range(times) for who, path in ways)
    complain(f"  slowest first look: {slow:.0f} ms, {worst}")
    return {
        f"{kind}_p95_ms": round(took[int(len(took) * 0.95)]),
        f"{kind}_p50_ms": round(median(took)),
        f"{kind}_max_ms": round(took[-1]),
    }


def _leads(chance: random.Random) -> list[str]:
    open_now = Placement.objects.filter(closed_at=None).exclude(kind=Placement.Kind.CLOSED)
    held = list(open_now.values_list("lead_id", flat=True)[:500])
    newest = list(Lead.objects.order_by("-opened_at").values_list("pk", flat=True)[:20_000])
    return [str(pk) for pk in (*chance.sample(held, 10), *chance.sample(newest, 10))]


def _searched(chance: random.Random) -> list[str]:
    """Give what people look for: names, companies, parts and initials of them, last four digits, whole numbers, nothing."""
    named = Contact.objects.exclude(name="").exclude(company="")
    some = list(named.order_by("-id")[:5_000:50])
    ways = Identifier.objects.filter(kind="phone").order_by("-id")[:5_000:500]
    numbers = [
        unseal(bytes(way.sealed), b"identifier:" + way.contact_id.bytes).decode() for way in ways
    ]
    chosen = chance.sample(some, 4)
    return [
        *(one.name for one in chosen[:2]),
        *(one.company for one in chosen[2:]),
        chosen[0].company[2:6],
        chosen[1].company[-4:],
        *initials(chosen[0].name, chosen[2].company[2:6]).split(),
        *(number[-4:] for number in numbers[:2]),
        numbers[2],
        "查无此人",
    ]
