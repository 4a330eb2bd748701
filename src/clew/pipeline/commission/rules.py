"""What a plan pays: pure, exact, in whole hundredths.

Rounding: the tiers of a month are summed exactly and rounded once, half up; whatever is divided among people or
explained in parts is divided by largest remainder, so that the parts sum to the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

BP = 10_000  # basis points in one
TIERS_AT_MOST = 8
LARGEST = 10**15  # hundredths: what a sheet and a column hold


class Basis(StrEnum):
    """What of a deal is counted."""

    VALUE = "value"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Tier:
    """From so much of a month's base on, this rate in basis points."""

    from_minor: int
    rate_bp: int


@dataclass(frozen=True, slots=True)
class Terms:
    """A plan. Marginal: each part of the base by its own tier; else all of it by the tier that was reached."""

    basis: Basis
    tiers: tuple[Tier, ...]
    is_marginal: bool = True
    per_deal_minor: int = 0
    cap_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What one person's month sums to: base, and the fixed amounts of deals, in hundredths."""

    base: int = 0
    fixed: int = 0

    def plus(self, base: int, fixed: int) -> "Account":
        """Give the account after a change."""
        return Account(self.base + base, self.fixed + fixed)


class Kind(StrEnum):
    """Of what a line consists."""

    RATE = "rate"  # the own base at a rate
    RAISE = "raise"  # what was won before, now by another rate
    FIXED = "fixed"
    CAP = "cap"  # what the cap cuts off, or lets through again


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a line: so much base at a rate gives an amount."""

    kind: Kind
    amount: int
    base: int = 0
    rate_bp: int = 0


ONLINE = Terms(
    Basis.VALUE,
    (Tier(0, 100), Tier(10_000_000, 150), Tier(30_000_000, 200)),
    per_deal_minor=2_000,
)
OFFLINE = Terms(Basis.MARGIN, (Tier(0, 500), Tier(20_000_000, 800)), is_marginal=False)


def faults(terms: Terms) -> list[str]:
    """Say what is wrong with a plan, as codes; nothing where it can be paid by."""
    starts = [tier.from_minor for tier in terms.tiers]
    rates = [tier.rate_bp for tier in terms.tiers]
    amounts = [*starts, terms.per_deal_minor, terms.cap_minor or 0]
    checks = {
        "tiers_missing": not starts or starts[0] != 0,
        "tiers_too_many": len(starts) > TIERS_AT_MOST,
        "tiers_out_of_order": any(a >= b for a, b in pairwise(starts)),
        "rate_out_of_range": any(not 0 <= rate <= BP for rate in rates),
        "whole_rate_falls": not terms.is_marginal and rates != sorted(rates),
        "amount_out_of_range": any(not 0 <= amount <= LARGEST for amount in amounts),
    }
    return [code for code, is_wrong in checks.items() if is_wrong]


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide hundredths by weights, exactly: by largest remainder (Hamilton's method).

    What is left over goes to the largest remainders, among equal ones to the first. A negative amount is
    divided as its opposite. The weights sum to more than nothing.
    """
    whole, sign = sum(weights), -1 if amount < 0 else 1
    shares = [divmod(abs(amount) * weight, whole) for weight in weights]
    floors = [share for share, _ in shares]
    left = abs(amount) - sum(floors)
    by_rest = sorted(range(len(weights)), key=lambda at: (-shares[at][1], at))
    for at in by_rest[:left]:
        floors[at] += 1
    return [sign * share for share in floors]


def earned(terms: Terms, account: Account) -> int:
    """Give what a plan pays for a month so far, in hundredths."""
    full = _rounded(_by_tiers(terms, account.base)) + account.fixed
    return full if terms.cap_minor is None else min(full, terms.cap_minor)


def change(terms: Terms, before: Account, after: Account) -> int:
    """Give what a change of the account changes of what the plan pays: the amount of a line."""
    return earned(terms, after) - earned(terms, before)


def parts(terms: Terms, before: Account, after: Account) -> list[Part]:
    """Explain `change`: its parts sum to it exactly."""
    exact = _rates(terms, before.base, after.base)
    by_tiers = _rounded(_by_tiers(terms, after.base)) - _rounded(_by_tiers(terms, before.base))
    amounts = _whole([base * rate for _, base, rate in exact], by_tiers)
    found = [Part(k, a, base, rate) for (k, base, rate), a in zip(exact, amounts, strict=True)]
    fixed = after.fixed - before.fixed
    if fixed:
        found.append(Part(Kind.FIXED, fixed))
    cut = change(terms, before, after) - by_tiers - fixed
    if cut:
        found.append(Part(Kind.CAP, cut))
    return found


def counted(terms: Terms, value_minor: int | None, margin_minor: int | None) -> int:
    """Give what of a deal the plan counts: nothing where nobody has said, or where it was a loss."""
    worth = value_minor if terms.basis == Basis.VALUE else margin_minor
    return max(0, worth or 0)


def ahead(terms: Terms, base: int) -> tuple[Tier, int] | None:
    """Give the next tier and how much base is missing to it; None in the highest."""
    following = (tier for tier in terms.tiers if tier.from_minor > base)
    tier = next(following, None)
    return (tier, tier.from_minor - base) if tier else None


def reached(terms: Terms, base: int) -> Tier:
    """Give the tier that a base has reached."""
    return [tier for tier in terms.tiers if tier.from_minor <= base][-1]


def _by_tiers(terms: Terms, base: int) -> int:
    """Give what the tiers pay, in hundredths of a hundredth's hundredth: exact."""
    if not terms.is_marginal:
        return base * reached(terms, base).rate_bp
    return sum(part * tier.rate_bp for tier, part in _parts_of(terms, base))


def _parts_of(terms: Terms, base: int) -> list[tuple[Tier, int]]:
    """Cut a base at the borders of the tiers."""
    ends = [*(tier.from_minor for tier in terms.tiers[1:]), base]
    cut = ((t, min(base, end) - t.from_minor) for t, end in zip(terms.tiers, ends, strict=True))
    return [(tier, max(0, part)) for tier, part in cut]


def _rates(terms: Terms, before: int, after: int) -> list[tuple[Kind, int, int]]:
    """Give what base changed at which rate."""
    if terms.is_marginal:
        pairs = zip(_parts_of(terms, before), _parts_of(terms, after), strict=True)
        moved = [(Kind.RATE, now - was, tier.rate_bp) for (tier, was), (_, now) in pairs]
    else:
        old, new = reached(terms, before).rate_bp, reached(terms, after).rate_bp
        moved = [(Kind.RATE, after - before, new), (Kind.RAISE, before, new - old)]
    return [(kind, base, rate) for kind, base, rate in moved if base and rate]


def _rounded(exact: int) -> int:
    return (2 * exact + BP) // (2 * BP)


def _whole(exact: list[int], total: int) -> list[int]:
    """Round exact parts so that they sum to a total that differs from theirs by less than one."""
    floors = [part // BP for part in exact]
    by_rest = sorted(range(len(exact)), key=lambda at: (-(exact[at] % BP), at))
    for at in by_rest[: total - sum(floors)]:
        floors[at] += 1
    return floors
