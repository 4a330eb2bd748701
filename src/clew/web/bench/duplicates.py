"""`clew bench duplicates`: how fast the search for duplicates is, and what of its pace the belt keeps beside it.

All contacts came along the belt, of one company and with one surname: the worst that keys can share.
"""

import argparse
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial

from django.core.management import call_command
from django.db import connection, transaction

from clew.contacts.belt.suspecting import search
from clew.contacts.models import Contact, Suspect
from clew.web import searching
from clew.web.bench import company
from clew.web.bench.belt import measure
from clew.web.terminal import say

CONTACTS = 1_000_000
QUICK_CONTACTS = 20_000
SHARE = 10  # the belt is measured on a tenth of that
RUNS = 3
LATER = timedelta(hours=1)


def main() -> None:
    """Fill, search, then let the belt run without and with a search beside it, in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="the number of contacts, where it is another")
    options = parser.parse_args()
    leads = int(options.only or (QUICK_CONTACTS if options.quick else CONTACTS))
    call_command("migrate", interactive=False, verbosity=0)
    sources = company.found(datetime.now(UTC))
    measure(sources, leads=leads, contacts=leads, workers=2)
    contacts = Contact.objects.count()
    seconds = _search_all()
    alone, beside = [], []
    for run in range(RUNS):
        again = partial(measure, sources, leads=leads // SHARE, contacts=leads, workers=2)
        alone.append(again(seed=100 + run).belt_per_s)
        beside.append(again(seed=200 + run, beside=_look_on).belt_per_s)
    figures = {
        "contacts": contacts,
        "search_s": round(seconds, 1),
        "search_per_s": round(contacts / seconds),
        "pairs": Suspect.objects.count(),
        "belt_per_s": round(max(alone)),
        "belt_beside_per_s": round(max(beside)),
        "kept": round(max(beside) / max(alone), 2),
    }
    say(json.dumps(figures))


def _search_all() -> float:
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    began = time.perf_counter()
    while True:
        with transaction.atomic():
            if not search(datetime.now(UTC) + LATER):
                return time.perf_counter() - began


def _look_on(stop: threading.Event) -> None:
    """What the worker's chores do about duplicates, as often as they come round."""
    while not stop.is_set():
        if not searching.go_on(datetime.now(UTC) + LATER):
            stop.wait(0.1)
    connection.close()
