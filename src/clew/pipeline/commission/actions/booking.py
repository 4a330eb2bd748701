"""Lines: what a deal that was won, corrected or taken up again changes of what people earned."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from clew.base.ledger import Actor, append_all
from clew.pipeline.commission.booking import Booked, Key, Posting, Stake, book, differences
from clew.pipeline.commission.events import CommissionBooked
from clew.pipeline.commission.models import Closing, Deal, Line, Plan
from clew.pipeline.commission.months import first_open, month_of
from clew.pipeline.commission.rules import Account, Terms, counted, split
from clew.pipeline.commission.wins import Plans, Win, terms_of, wins, worth_of

LOCK = 0x636F6D6D  # "comm": one books at a time, so that accounts go on from one line to the next
BOOKING = Actor("system", "commission")
Cause = Line.Cause


@dataclass(slots=True)
class _Deal:
    """A deal with its lines so far, and how it stands won; without a win it is undone."""

    deal: Deal
    lines: list[Line]
    win: Win | None
    is_new: bool = False

    @property
    def month(self) -> date:
        return month_of(self.deal.won_at)

    @property
    def step(self) -> int:
        return max((line.step for line in self.lines), default=0) + 1


@transaction.atomic
def settle(lead_ids: Iterable[UUID], now: datetime) -> int:
    """Bring the lines of leads up to how they stand: won, worth so much, shared so. Returns how many were written.

    Repeating it writes nothing. What happened is booked in the month in which it happened, or in the first after
    it that is not closed.
    """
    take_turn()
    ids = sorted(set(lead_ids))
    deals, found = _deals(ids), wins(ids)
    for one in deals:
        one.win = found.get(one.deal.lead_id)
        if one.win is None or one.win.placement_id != one.deal.placement_id:
            one.win, one.deal.undone_at = None, one.deal.placement.closed_at or now
    standing = {one.deal.lead_id for one in deals if one.win}
    for lead_id in sorted(found.keys() - standing):
        win = found[lead_id]
        new = Deal(lead_id=lead_id, placement_id=win.placement_id, won_at=win.won_at)
        deals.append(_Deal(new, [], win, is_new=True))
    plans = _plans(deals)
    postings = [p for at, one in enumerate(deals) for p in _postings(at, one, plans, now)]
    return _write(deals, postings, now)


def take_turn() -> None:
    """Be the only one who books, publishes or closes, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


def _deals(lead_ids: Sequence[UUID]) -> list[_Deal]:
    """Give the deals of leads that stand, as they were booked."""
    standing = Deal.objects.filter(lead__in=lead_ids, undone_at=None).select_related("placement")
    lines = defaultdict(list)
    for line in Line.objects.filter(deal__in=standing).order_by("step", "pk"):
        lines[line.deal_id].append(line)
    return [_Deal(deal, lines[deal.pk], None) for deal in standing.order_by("lead_id")]


def _plans(deals: Iterable[_Deal]) -> Plans:
    shares = [share.team_id for one in deals if one.win for share in one.win.shares]
    booked = [line.team_id for one in deals for line in one.lines]
    return Plans({team_id for team_id in (*shares, *booked) if team_id})


def _postings(at: int, one: _Deal, plans: Plans, now: datetime) -> list[Posting]:
    """Give what is to be booked of a deal: what it should be, less what it is."""
    had, wanted = _had(one.lines), _wanted(one, plans)
    changed = differences(had, wanted, is_new=not one.lines)
    cause, happened_at = _cause(one, had, wanted, now)
    return [
        Posting(one.deal.lead_id, at, one.step, cause, stake, one.month, happened_at)
        for stake in changed
    ]


def _cause(
    one: _Deal, had: list[Stake], wanted: list[Stake], now: datetime
) -> tuple[Cause, datetime]:
    if one.win is None:
        return Cause.REOPENED, one.deal.undone_at or now
    if not one.lines:
        return Cause.WON, one.deal.won_at
    if {s.place: s.percent for s in had} == {s.place: s.percent for s in wanted}:
        return Cause.WORTH, one.win.said_at
    return Cause.SHARE, now


def _had(lines: Iterable[Line]) -> list[Stake]:
    """Sum what was booked, by person and plan; the newest line says the rest."""
    stakes: dict[tuple[int, int, int], Stake] = {}
    for line in lines:
        place = (line.member_id, line.team_id, line.plan_id)
        before = stakes.get(place)
        base = line.base_minor + (before.base if before else 0)
        fixed = line.fixed_minor + (before.fixed if before else 0)
        stakes[place] = Stake(*place, line.percent, line.worth_minor, base, fixed)
    return [stake for stake in stakes.values() if stake.percent]


def _wanted(one: _Deal, plans: Plans) -> list[Stake]:
    """Give what everybody shall have of a deal; where a team has no plan, nothing."""
    if one.win is None:
        return []
    percents = [share.percent for share in one.win.shares]
    stakes = []
    for at, share in enumerate(one.win.shares):
        plan = plans.at(share.team_id, one.month)
        if plan is None:
            continue
        terms, is_ours = terms_of(plan), plan.currency == one.win.currency
        value, margin = (one.win.value_minor, one.win.margin_minor) if is_ours else (None, None)
        worth = worth_of(one.win, plan)
        base = split(counted(terms, value, margin), percents)[at]
        fixed = split(terms.per_deal_minor, percents)[at]
        stakes.append(
            Stake(share.member_id, plan.team_id, plan.pk, share.percent, worth, base, fixed)
        )
    return stakes


def _write(deals: list[_Deal], postings: list[Posting], now: datetime) -> int:
    """Store deals and lines, and tell of each line."""
    for one in deals:
        if one.deal.undone_at:
            one.deal.save(update_fields=["undone_at"])
    Deal.objects.bulk_create(one.deal for one in deals if one.is_new)
    booked = book(postings, _accounts(postings), _terms(postings))
    closed = _closed({p.stake.team_id for p in postings})
    lines = [_line(one, deals[one.posting.deal_at].deal, closed) for one in booked]
    Line.objects.bulk_create(lines)
    append_all(
        [
            CommissionBooked(
                line.deal.lead_id, line.member_id, line.cause, line.amount_minor, line.booked_in
            )
            for line in lines
        ],
        actor=BOOKING,
        at=now,
    )
    return len(lines)


def _line(one: Booked, deal: Deal, closed: dict[int, frozenset[date]]) -> Line:
    posting, stake = one.posting, one.posting.stake
    month = max(month_of(posting.at), posting.earned_in)
    return Line(
        deal=deal,
        step=posting.step,
        cause=posting.cause,
        member_id=stake.member_id,
        team_id=stake.team_id,
        plan_id=stake.plan_id,
        percent=stake.percent,
        worth_minor=stake.worth_minor,
        base_minor=stake.base,
        fixed_minor=stake.fixed,
        base_before=one.before.base,
        fixed_before=one.before.fixed,
        amount_minor=one.amount,
        earned_in=posting.earned_in,
        booked_in=first_open(month, closed.get(stake.team_id, frozenset())),
        at=posting.at,
    )


def _accounts(postings: Iterable[Posting]) -> dict[Key, Account]:
    """Give how the accounts stand that are about to change."""
    keys = {posting.key for posting in postings}
    lines = Line.objects.filter(
        member__in={member_id for member_id, _, _ in keys},
        team__in={team_id for _, team_id, _ in keys},
        earned_in__in={month for _, _, month in keys},
    )
    sums = lines.values_list("member_id", "team_id", "earned_in").annotate(
        Sum("base_minor"), Sum("fixed_minor")
    )
    return {(m, t, month): Account(base, fixed) for m, t, month, base, fixed in sums}


def _terms(postings: Iterable[Posting]) -> dict[int, Terms]:
    plans = Plan.objects.in_bulk({posting.stake.plan_id for posting in postings})
    return {pk: terms_of(plan) for pk, plan in plans.items()}


def _closed(team_ids: Iterable[int]) -> dict[int, frozenset[date]]:
    months = defaultdict(set)
    for closing in Closing.objects.filter(team__in=set(team_ids)):
        months[closing.team_id].add(closing.month)
    return {team_id: frozenset(found) for team_id, found in months.items()}
