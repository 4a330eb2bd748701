"""Reading months: what was earned, of what it consists, and by which plan. The first argument is who asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from clew.access.models import Member, Role, Team
from clew.access.queries import teams
from clew.contacts.models import Identifier, Lead
from clew.contacts.queries import masked
from clew.errors import Missing
from clew.handoff.models import Seat
from clew.handoff.queries import visible_among
from clew.pipeline.commission.booking import Stake
from clew.pipeline.commission.models import Closing, Line, Plan
from clew.pipeline.commission.months import month_of
from clew.pipeline.commission.rules import (
    Account,
    Part,
    Terms,
    Tier,
    ahead,
    change,
    counted,
    earned,
    parts,
    reached,
    split,
)
from clew.pipeline.commission.wins import Plans, terms_of, wins, won_in, worth_of


@dataclass(frozen=True, slots=True)
class Told:
    """A line with what it consists of. `is_open`: the viewer may open the lead."""

    line: Line
    title: str
    parts: Sequence[Part]
    is_equal: bool  # recomputed from what is stored beside it
    is_open: bool

    @property
    def base_after(self) -> int:
        """Give the month's base after it."""
        return self.line.base_before + self.line.base_minor


@dataclass(frozen=True, slots=True)
class Month:
    """What a person earned with a team in a month, line by line, newest first."""

    member: Member
    team: Team
    month: date
    plan: Plan | None
    lines: Sequence[Told]
    base: int  # of what was won in this very month
    deals: int
    closing: Closing | None

    @property
    def total(self) -> int:
        """Give what was booked."""
        return sum(told.line.amount_minor for told in self.lines)

    @property
    def tier(self) -> Tier | None:
        """Give the tier that the month's base has reached."""
        return reached(terms_of(self.plan), self.base) if self.plan else None

    @property
    def ahead(self) -> tuple[Tier, int] | None:
        """Give the next tier, and how much is missing to it."""
        return ahead(terms_of(self.plan), self.base) if self.plan else None


@dataclass(frozen=True, slots=True)
class Row:
    """One person's month in that of a team."""

    member_id: int
    name: str
    deals: int
    base: int
    total: int


@dataclass(frozen=True, slots=True)
class TeamMonth:
    """A team's month: who earned what; `unsaid` are deals of which nobody has said what the plan counts."""

    team: Team
    plan: Plan | None
    rows: Sequence[Row]
    closing: Closing | None
    unsaid: Sequence[tuple[UUID, str]]

    @property
    def total(self) -> int:
        """Give what all earned."""
        return sum(row.total for row in self.rows)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a plan would have paid somebody in a month, beside what was booked for it."""

    name: str
    deals: int
    base: int
    would: int
    was: int


def whose(viewer: Member, member_id: int) -> Member:
    """Give the member whose months the viewer may see: oneself, or somebody of one's teams. Raises Missing."""
    if member_id == viewer.pk:
        return viewer
    if viewer.role == Role.SALESPERSON:
        raise Missing
    led = teams(viewer)
    of_team = Q(seats__team__in=led) | Q(pk__in=Line.objects.filter(team__in=led).values("member"))
    found = Member.objects.filter(of_team, organisation=viewer.organisation_id, pk=member_id)
    member = found.distinct().first()
    if member is None:
        raise Missing
    return member


def months_of(viewer: Member, member: Member, month: date) -> list[Month]:
    """Give a person's month, team by team, as far as the viewer may see it."""
    lines = _seen(viewer, member).filter(Q(booked_in=month))
    seated = Seat.objects.filter(member=member, left_at=None).values_list("team_id", flat=True)
    shown = set(lines.values_list("team_id", flat=True)) | set(seated)
    if member != viewer:
        shown &= set(teams(viewer).values_list("pk", flat=True))
    found = Team.objects.filter(pk__in=shown).order_by("pk")
    plans, closings = Plans(shown), _closings(shown, month)
    told = _told(viewer, lines)
    stands = Count("deal", distinct=True, filter=Q(deal__undone_at=None))
    earned_now = Line.objects.filter(member=member, earned_in=month).values_list("team_id")
    sums = {pk: (b, n) for pk, b, n in earned_now.annotate(b=Sum("base_minor"), n=stands)}
    months = [
        Month(
            member,
            team,
            month,
            plans.at(team.pk, month),
            [one for one in told if one.line.team_id == team.pk],
            *sums.get(team.pk, (0, 0)),
            closings.get(team.pk),
        )
        for team in found
    ]
    return [one for one in months if one.lines or one.plan]


def team_months(viewer: Member, month: date) -> list[TeamMonth]:
    """Give the month of each team that the viewer leads, people by what they earned."""
    led = list(teams(viewer).order_by("pk"))
    ids = [team.pk for team in led]
    plans, closings = Plans(ids), _closings(ids, month)
    lines = Line.objects.filter(team__in=ids, booked_in=month)
    sums = lines.values_list("team_id", "member_id", "member__name").annotate(
        Sum("amount_minor"), Sum("base_minor"), Count("deal", distinct=True)
    )
    rows: dict[int, list[Row]] = {pk: [] for pk in ids}
    for team_id, member_id, name, total, base, deals in sums:
        rows[team_id].append(Row(member_id, name, deals, base, total))
    unsaid = _unsaid(ids, month, plans)
    return [
        TeamMonth(
            team,
            plans.at(team.pk, month),
            sorted(rows[team.pk], key=lambda row: (-row.total, row.name)),
            closings.get(team.pk),
            unsaid.get(team.pk, []),
        )
        for team in led
    ]


def months_with_lines(viewer: Member, now: datetime) -> list[date]:
    """Give the months that may be looked at, newest first: the running one and those with lines."""
    lines = Line.objects.filter(Q(member=viewer) | Q(team__in=teams(viewer)))
    booked = set(lines.values_list("booked_in", flat=True).distinct())
    return sorted(booked | {month_of(now)}, reverse=True)


def versions(team_id: int) -> list[Plan]:
    """Give all versions of a team's plan, newest first."""
    found = Plan.objects.filter(team=team_id).select_related("publisher")
    return list(found.order_by("-version"))


def try_out(team_id: int, terms: Terms, month: date) -> list[Trial]:
    """Pay a month of a team by other terms, as its deals stand now: nothing is written."""
    stakes = _stakes(team_id, terms, month)
    lines = Line.objects.filter(team=team_id, earned_in=month)
    was = dict(lines.values_list("member_id").annotate(Sum("amount_minor")))
    names = dict(Member.objects.filter(pk__in={*stakes, *was}).values_list("pk", "name"))
    trials = [
        Trial(
            names[pk],
            len(mine := stakes.get(pk, [])),
            base := sum(stake.base for stake in mine),
            earned(terms, Account(base, sum(stake.fixed for stake in mine))),
            was.get(pk, 0),
        )
        for pk in names
    ]
    return sorted(trials, key=lambda trial: (-trial.would, trial.name))


def _stakes(team_id: int, terms: Terms, month: date) -> dict[int, list[Stake]]:
    stakes: dict[int, list[Stake]] = {}
    for win in wins(won_in([team_id], month)).values():
        percents = [share.percent for share in win.shares]
        worth = counted(terms, win.value_minor, win.margin_minor)
        bases, fixed = split(worth, percents), split(terms.per_deal_minor, percents)
        for at, share in enumerate(win.shares):
            if share.team_id == team_id:
                stake = Stake(
                    share.member_id, team_id, 0, share.percent, worth, bases[at], fixed[at]
                )
                stakes.setdefault(share.member_id, []).append(stake)
    return stakes


def _seen(viewer: Member, member: Member) -> QuerySet[Line]:
    lines = Line.objects.filter(member=member)
    return lines if member == viewer else lines.filter(team__in=teams(viewer))


def _told(viewer: Member, lines: QuerySet[Line]) -> list[Told]:
    found = list(lines.select_related("deal__lead__contact", "plan").order_by("-at", "-pk"))
    leads = {line.deal.lead_id for line in found}
    visible = set(visible_among(viewer, leads).values_list("pk", flat=True))
    titles = _titles([line.deal.lead for line in found])
    return [_line(line, titles, is_open=line.deal.lead_id in visible) for line in found]


def _line(line: Line, titles: Mapping[UUID, str], *, is_open: bool) -> Told:
    terms = terms_of(line.plan)
    before = Account(line.base_before, line.fixed_before)
    after = before.plus(line.base_minor, line.fixed_minor)
    is_equal = change(terms, before, after) == line.amount_minor
    title = titles[line.deal.lead_id]
    return Told(line, title, parts(terms, before, after), is_equal, is_open)


def _titles(leads: Iterable[Lead]) -> dict[UUID, str]:
    """Name leads as their pages do: by name, else company, else a way of reaching them, masked."""
    known = {lead.pk: lead.contact for lead in leads}
    nameless = {c.pk for c in known.values() if not (c.name or c.company)}
    ways = {i.contact_id: masked(i) for i in Identifier.objects.filter(contact__in=nameless)}
    return {pk: c.name or c.company or ways.get(c.pk, "–") for pk, c in known.items()}


def _closings(team_ids: Iterable[int], month: date) -> dict[int, Closing]:
    found = Closing.objects.filter(team__in=list(team_ids), month=month).select_related("closer")
    return {closing.team_id: closing for closing in found}


def _unsaid(
    team_ids: Sequence[int], month: date, plans: Plans
) -> dict[int, list[tuple[UUID, str]]]:
    """Give by team the deals of a month that it has a part of and of which nobody has said what its plan counts."""
    unsaid: dict[int, list[UUID]] = {}
    for win in sorted(wins(won_in(team_ids, month)).values(), key=lambda one: one.won_at):
        for team_id in {share.team_id for share in win.shares}.intersection(team_ids):
            plan = plans.at(team_id, month)
            if plan and worth_of(win, plan) is None:
                unsaid.setdefault(plan.team_id, []).append(win.lead_id)
    wanted = {pk for leads in unsaid.values() for pk in leads}
    titles = _titles(Lead.objects.filter(pk__in=wanted).select_related("contact"))
    return {team_id: [(pk, titles[pk]) for pk in leads] for team_id, leads in unsaid.items()}
