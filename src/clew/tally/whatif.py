"""What if more leads went on (INS-5): lifts per stage make sales. Pure arithmetic over counted rates.

A lift adds points to the share of those who go on from a stage; what is gained goes through the later stages at
their own rates. Requirements PIP-3 names lifts that are expected; they are assumptions until measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leg:
    """From one stage to what lies behind it: how many came so far, and how many further."""

    reached: int
    onward: int
    lift: float = 0.0  # points of a hundred

    @property
    def rate(self) -> float:
        """The share that goes on today, from 0 to 1."""
        return self.onward / self.reached if self.reached else 0.0

    @property
    def lifted(self) -> float:
        """The share that would go on."""
        return min(1.0, max(0.0, self.rate + self.lift / 100))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a sale is worth, what all salaries of the time come to and what the leads cost; in cents."""

    ticket_minor: int
    salaries_minor: int
    ads_minor: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of it. Costs per sale are None where there would be no sale."""

    reached: Sequence[float]
    sales: float
    revenue_minor: int
    salaries_per_sale_minor: int | None
    ads_per_sale_minor: int | None


def outcome(legs: Sequence[Leg], terms: Terms, *, is_lifted: bool) -> Outcome:
    """Follow the leads through all legs, the last of which leads to a sale; as it is, or lifted."""
    coming = float(legs[0].reached) if legs else 0.0
    reached = [coming]
    for leg in legs:
        coming *= leg.lifted if is_lifted else leg.rate
        reached.append(coming)
    return Outcome(
        reached=reached,
        sales=coming,
        revenue_minor=round(coming * terms.ticket_minor),
        salaries_per_sale_minor=_each(terms.salaries_minor, coming),
        ads_per_sale_minor=_each(terms.ads_minor, coming),
    )


def _each(minor: int, sales: float) -> int | None:
    return round(minor / sales) if sales else None
