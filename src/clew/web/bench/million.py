"""What a lead costs on the belt where a million leads are, beside what it costs where ten thousand are.

Both companies are alike and their leads came along the belt, in two databases of their own; a known contact is
as likely in one as in the other. They are measured in turn, on new leads each time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from clew.capture.models import Source
from clew.contacts.models import Lead
from clew.web import scratch
from clew.web.bench import belt, company
from clew.web.terminal import complain

RUNS = 5
SAMPLE = 2_000
PORTION = 50_000
FRESH = 1_000_000  # seeds that no lead was made from
Figures = dict[str, float | str | None]


def measure(*, large: int, small: int) -> Figures:
    """Build both, then measure each `RUNS` times, after a run that does not count."""
    with scratch.database("bench") as one, scratch.database("bench") as other:
        places = {
            size: str(conninfo_to_dict(dsn)["dbname"])
            for size, dsn in ((large, one), (small, other))
        }
        for size, name in places.items():
            with _in(name):
                _build(size)
        costs: dict[int, list[float]] = {size: [] for size in places}
        for run in range(RUNS + 1):
            for size, name in places.items():
                with _in(name):
                    costs[size].append(_cost(size, FRESH + run))
        with _in(places[large]):
            leads = Lead.objects.count()
    dear, cheap = (median(costs[size][1:]) for size in (large, small))
    return {
        "million_cost_ratio": round(dear / cheap, 2),
        "million_leads": leads,
        "million_cpu_us": round(dear),
        "ten_thousand_cpu_us": round(cheap),
    }


@contextmanager
def _in(name: str) -> Iterator[None]:
    """Work in another database."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _build(size: int) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    sources = company.found(datetime.now(UTC))
    seed = leads = 0
    while leads < size:  # some submissions strengthen a lead that there is
        portion, seed = min(PORTION, int(1.1 * (size - leads)) + 1), seed + 1
        belt.measure(sources, leads=portion, contacts=size, workers=2, seed=seed)
        leads = Lead.objects.count()
        complain(f"{leads} leads …")
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def _cost(size: int, seed: int) -> float:
    sources = list(Source.objects.order_by("pk"))
    return belt.measure(sources, leads=SAMPLE, contacts=size, workers=1, seed=seed).cpu_us
