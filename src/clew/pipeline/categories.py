"""Which product groups are known: there is no list of them to keep, others name them."""

from collections.abc import Iterator
from itertools import chain

from clew.contacts.models import Lead
from clew.grading.models import Validity
from clew.handoff.models import Routing, Seat

NEWEST = 500  # leads whose product groups are offered


def known_categories() -> list[str]:
    """Give the product groups that seats take on, rules and validities name, or the newest leads have.

    Each once, whatever its case, as it is written first in this order.
    """
    found: dict[str, str] = {}
    for name in chain(_planned(), _of_leads()):
        if name.strip():
            found.setdefault(name.casefold(), name)
    return sorted(found.values(), key=str.casefold)


def _planned() -> Iterator[str]:
    for names in Seat.objects.filter(left_at=None).values_list("categories", flat=True):
        yield from names
    newest = Routing.objects.filter(is_trial=False).order_by("-version").first()
    for rule in newest.rules if newest else ():
        yield from rule.get("categories", ())
    yield from Validity.objects.values_list("category", flat=True)


def _of_leads() -> Iterator[str]:
    newest = Lead.objects.filter(is_history=False).order_by("-opened_at")
    yield from dict.fromkeys(newest.values_list("category", flat=True)[:NEWEST])
