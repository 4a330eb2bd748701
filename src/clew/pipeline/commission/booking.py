"""From what changed of deals to lines: pure. Who may write them is `actions.booking`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clew.pipeline.commission.rules import Account, Terms, change

Key = tuple[int, int, date]  # member, team and the month that it was earned in


@dataclass(frozen=True, slots=True)
class Stake:
    """What somebody has, or shall have, of a deal: base and fixed amount in hundredths, by a plan."""

    member_id: int
    team_id: int
    plan_id: int
    percent: int
    worth_minor: int | None
    base: int
    fixed: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Whose it is, and by which plan."""
        return self.member_id, self.team_id, self.plan_id


@dataclass(frozen=True, slots=True)
class Posting:
    """A change of one stake that has no amount yet."""

    lead_id: UUID
    deal_at: int  # the place of its deal among those that are looked at
    step: int
    cause: str
    stake: Stake  # with the change of base and fixed amount
    earned_in: date
    at: datetime

    @property
    def key(self) -> Key:
        """The account that it changes."""
        return self.stake.member_id, self.stake.team_id, self.earned_in


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting with how the account stood before it, and the amount of it."""

    posting: Posting
    before: Account
    amount: int


def differences(had: Iterable[Stake], wanted: Iterable[Stake], *, is_new: bool) -> list[Stake]:
    """Give what is to be added to what somebody has; for a new deal also where that is nothing."""
    old = {stake.place: stake for stake in had}
    new = {stake.place: stake for stake in wanted}
    found = []
    for place in sorted(old.keys() | new.keys()):
        was, now = old.get(place), new.get(place)
        base = (now.base if now else 0) - (was.base if was else 0)
        fixed = (now.fixed if now else 0) - (was.fixed if was else 0)
        named = now or was
        if named and (base or fixed or is_new):
            found.append(_changed(named, base, fixed, is_gone=now is None))
    return found


def book(
    postings: Iterable[Posting], accounts: Mapping[Key, Account], plans: Mapping[int, Terms]
) -> list[Booked]:
    """Give each posting its amount, in the order of time, lead, deal and step; accounts go on from one to the next."""
    stands = dict(accounts)
    booked = []
    for one in sorted(
        postings, key=lambda p: (p.at, p.lead_id, p.deal_at, p.step, p.stake.member_id)
    ):
        before = stands.get(one.key, Account())
        after = before.plus(one.stake.base, one.stake.fixed)
        booked.append(Booked(one, before, change(plans[one.stake.plan_id], before, after)))
        stands[one.key] = after
    return booked


def _changed(stake: Stake, base: int, fixed: int, *, is_gone: bool) -> Stake:
    worth = None if is_gone else stake.worth_minor
    return Stake(*stake.place, 0 if is_gone else stake.percent, worth, base, fixed)
