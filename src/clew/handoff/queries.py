"""Reading who has what, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from msgspec import convert

from clew.access.models import Member, Role
from clew.capture.gazetteer import divisions
from clew.capture.models import Source
from clew.capture.queries import all_definitions
from clew.contacts.models import Lead, Repeat
from clew.handoff.errors import LeadMissing, LeadNotOpen
from clew.handoff.models import Method, Placement, Round, Route, Routing, RoutingDraft, Seat
from clew.handoff.routing import Known, Rule, Situation, choose, prepare
from clew.handoff.rules import (
    EXCLUSIONS,
    IDLE,
    ONE_LEAD,
    SELDOM,
    Standing,
    share_out,
    standings,
)
from clew.handoff.rules import Lead as TurnLead
from clew.handoff.rules import Seat as TurnSeat

SECOND = 1_000_000  # microseconds
PUBLIC = Q(kind=Placement.Kind.POOL, team=None)  # the company's pool
GOES_ON_AS_ANOTHER = ("merged", "lapsed")  # ends after which another lead is worked on
# It ended while somebody had it: then it stays theirs to look at.
HAD_TO_ITS_END = Q(
    Exists(
        Placement.objects.filter(
            lead=OuterRef("lead"),
            kind=Placement.Kind.CLOSED,
            closed_at=None,
            opened_at=OuterRef("closed_at"),
        ).exclude(reason__in=GOES_ON_AS_ANOTHER)
    )
)


class Among(Func):
    """Whether something is among few others, which are gathered once, before anything else is looked at."""

    template = "%(expressions)s)"
    arg_joiner = " = any("
    arity = 2
    output_field = BooleanField()


def visible_leads(viewer: Member) -> QuerySet[Lead]:
    """Give the leads a member may see: own, pooled and own ended ones, the teams' ones and the company's pool, or all.

    What a salesperson sees is little among a million: gathered by indexes first, and looked up then. What
    a manager sees may be much: the planner is told which teams, so that it knows how much.
    """
    if viewer.role != Role.SALESPERSON:
        return _of_teams(viewer)
    stands = Placement.objects.filter(closed_at=None)
    seats = viewer.seats.values("pk")
    own = stands.filter(seat__in=seats).values("lead_id")
    pooled = stands.filter(kind=Placement.Kind.POOL, team__in=_team_ids(viewer)).values("lead_id")
    of_all = stands.filter(PUBLIC).values("lead_id")
    let_go = Placement.objects.filter(HAD_TO_ITS_END, seat__in=seats).values("lead_id")
    return Lead.objects.filter(Among(F("pk"), ArraySubquery(own.union(pooled, of_all, let_go))))


def visible_among(viewer: Member, lead_ids: Iterable[UUID]) -> QuerySet[Lead]:
    """Give those of a few leads that a member may see: their places are asked, and nothing is gathered."""
    few = Lead.objects.filter(pk__in=list(lead_ids))
    if viewer.role != Role.SALESPERSON:
        return few & _of_teams(viewer)
    return few.filter(Exists(_workable(viewer)) | Exists(_let_go(viewer)))


def _of_teams(viewer: Member) -> QuerySet[Lead]:
    if viewer.role == Role.ADMINISTRATOR:
        return Lead.objects.all()
    stands = Placement.objects.filter(closed_at=None, lead=OuterRef("pk"))
    return Lead.objects.filter(Exists(stands.filter(Q(team__in=_team_ids(viewer)) | PUBLIC)))


def _workable(viewer: Member) -> QuerySet[Placement]:
    """Give the places of a lead where a salesperson sees it to work on it: own ones and those in pools."""
    own = Q(seat__in=viewer.seats.values("pk"))
    pooled = Q(kind=Placement.Kind.POOL, team__in=_team_ids(viewer))
    return Placement.objects.filter(own | pooled | PUBLIC, closed_at=None, lead=OuterRef("pk"))


def _let_go(viewer: Member) -> QuerySet[Placement]:
    """Give the place of a lead that a salesperson had to its end."""
    seats = viewer.seats.values("pk")
    return Placement.objects.filter(HAD_TO_ITS_END, seat__in=seats, lead=OuterRef("pk"))


def _team_ids(viewer: Member) -> list[int]:
    return list(viewer.memberships.values_list("team_id", flat=True))


def claimable_lead(viewer: Member, lead_id: UUID) -> UUID:
    """Give the id of a lead that a member may see, or could see in a pool before somebody took it from there.

    Raises LeadMissing.
    """
    try:
        seen = visible_lead(viewer, lead_id)
    except LeadMissing:
        teams = viewer.memberships.values("team_id")
        pooled = Placement.objects.filter(lead=lead_id, kind=Placement.Kind.POOL)
        if not pooled.filter(Q(team__in=teams) | Q(team=None)).exists():
            raise
        return lead_id
    return UUID(str(seen.pk))


def visible_lead(viewer: Member, lead_id: UUID) -> Lead:
    """Give one lead, also by the id of a later submission. Raises LeadMissing.

    What a salesperson works on is asked for nearly always; only where it is not that, what they had to its end.
    """
    strengthened = Repeat.objects.filter(submission=lead_id)
    meant = Lead.objects.filter(
        pk=Coalesce(Subquery(strengthened.values("lead_id")), Value(lead_id))
    )
    asked = meant.select_related("contact", "source")
    if viewer.role != Role.SALESPERSON:
        found = (asked & _of_teams(viewer)).first()
    else:
        found = asked.filter(Exists(_workable(viewer))).first()
        found = found or asked.filter(Exists(_let_go(viewer))).first()
    if found is None:
        raise LeadMissing
    return found


def check_changeable(viewer: Member, lead_ids: Iterable[UUID]) -> None:
    """Let a salesperson only look at what has ended: a manager takes it up again first. Raises LeadNotOpen."""
    if viewer.role != Role.SALESPERSON:
        return
    over = Placement.objects.filter(closed_at=None, kind=Placement.Kind.CLOSED)
    if over.filter(lead__in=list(lead_ids)).exists():
        raise LeadNotOpen


def placement_of(lead_id: UUID) -> Placement:
    """Give the one open placement of a lead."""
    return Placement.objects.select_related("seat__member", "team", "round").get(
        lead=lead_id, closed_at=None
    )


def closed_for(lead_ids: Iterable[UUID], reason: str) -> set[UUID]:
    """Give those of the leads that stand closed for a reason."""
    found = Placement.objects.filter(
        lead__in=list(lead_ids), kind=Placement.Kind.CLOSED, closed_at=None, reason=reason
    )
    return set(found.values_list("lead_id", flat=True))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One seat at the moment of the decision. Credits in leads, not micro-leads.

    `waited_seconds`: of its own working time; nothing where the team does not ask who has waited longest.
    """

    member_id: int
    name: str
    weight: int
    due: float
    open_count: int
    capacity: int
    excluded: str
    is_chosen: bool
    waited_seconds: int


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a lead went where it went."""

    kind: str
    reason: str
    way: str  # turn, idle, or nothing where no turn was taken
    team: str
    decided_at: datetime
    chosen: str
    candidates: list[Candidate]
    sieve: list[tuple[str, int, int]]  # reason of exclusion, how many before, how many after
    is_recomputed_equal: bool | None
    sent: "Sent | None"


def trace(viewer: Member, lead_id: UUID) -> Trace:
    """Explain the newest decision about a lead. Raises LeadMissing.

    A decision by turn lists every seat as it stood and is recomputed from its stored inputs.
    """
    lead = visible_lead(viewer, lead_id)
    decided = (
        Placement.objects.filter(lead=lead)
        .select_related("seat__member", "team", "round")
        .order_by("-id")
        .exclude(kind=Placement.Kind.CLOSED)
        .first()
    )
    if decided is None:
        raise LeadMissing
    seen, way = _standings(decided)
    names = dict(
        Member.objects.filter(pk__in=[s.seat.member_id for s in seen]).values_list("pk", "name")
    )
    return Trace(
        kind=decided.kind,
        reason=decided.reason,
        way=way,
        team=decided.team.name if decided.team else "",
        decided_at=decided.opened_at,
        chosen=decided.seat.member.name if decided.seat else "",
        candidates=[candidate(s, names, decided.seat_id) for s in ranked(seen, way)],
        sieve=_sieve(seen),
        is_recomputed_equal=recomputed_equal(decided.round) if decided.round else None,
        sent=sent(lead.pk),
    )


def recomputed_equal(decided: Round) -> bool:
    """Share out the stored leads among the stored seats again and compare with what happened."""
    seats, leads = inputs(decided)
    outcome = share_out(seats, leads)
    happened = dict(
        Placement.objects.filter(round=decided).values_list("turn", "seat_id").order_by("turn")
    )
    return all(
        turn.seat_id == happened[number]
        for number, turn in enumerate(outcome.turns)
        if number in happened
    )


def inputs(decided: Round) -> tuple[list[TurnSeat], list[TurnLead]]:
    return (
        convert(decided.seats, list[TurnSeat]),
        convert(decided.leads, list[TurnLead]),
    )


def _standings(decided: Placement) -> tuple[list[Standing], str]:
    if decided.round is None or decided.turn is None:
        return [], ""
    seats, leads = inputs(decided.round)
    return standings(seats, leads, decided.turn), leads[decided.turn].way


def ranked(seen: list[Standing], way: str) -> list[Standing]:
    """Put those who could take a lead first, whoever is nearest to it before the others."""
    return sorted(seen, key=lambda s: (bool(s.excluded), -s.waited if way == IDLE else -s.credit))


def candidate(s: Standing, names: dict[int, str], chosen: int | None) -> Candidate:
    return Candidate(
        member_id=s.seat.member_id,
        name=names.get(s.seat.member_id, ""),
        weight=s.seat.weight,
        due=s.credit / ONE_LEAD,
        open_count=s.open_count,
        capacity=s.seat.capacity,
        excluded=s.excluded,
        is_chosen=s.seat.id == chosen,
        waited_seconds=s.waited // SECOND,
    )


def _sieve(seen: list[Standing]) -> list[tuple[str, int, int]]:
    counts = Counter(s.excluded for s in seen)
    left = len(seen)
    rows = []
    for reason in EXCLUSIONS:
        if reason in SELDOM and not counts[reason]:
            continue
        rows.append((reason, left, left - counts[reason]))
        left -= counts[reason]
    return rows if seen else []


@dataclass(frozen=True, slots=True)
class Share:
    """What a seat got by turn, and what its weight says it was due, in leads."""

    seat_id: int
    team_id: int
    member_id: int
    name: str
    weight: int
    capacity: int
    open_count: int
    is_present: bool
    got: int
    due: float


def shares(viewer: Member, team_ids: Iterable[int]) -> list[Share]:
    """Compare what each seat of some teams got by turn with what it was due, team by team.

    A salesperson sees only the own row. Due is got plus the credit that is still open: the deficit.
    """
    seats = Seat.objects.filter(team__in=team_ids, left_at=None).select_related("member")
    if viewer.role != Role.ADMINISTRATOR:
        seats = seats.filter(team__in=viewer.memberships.values("team_id"))
    if viewer.role == Role.SALESPERSON:
        seats = seats.filter(member=viewer)
    return [
        Share(
            seat_id=s.pk,
            team_id=s.team_id,
            member_id=s.member_id,
            name=s.member.name,
            weight=s.weight,
            capacity=s.capacity,
            open_count=s.open_count,
            is_present=s.is_present,
            got=s.turn_count,
            due=s.turn_count + s.credit / ONE_LEAD,
        )
        for s in seats.order_by("team_id", "pk")
    ]


def known() -> Known:
    """Give what distribution rules may name."""
    sources = Source.objects.values_list("key", "kind", "is_online")
    return Known(
        teams=frozenset(Method.objects.values_list("team_id", flat=True)),
        sources={key: (kind, is_online) for key, kind, is_online in sources},
        divisions=frozenset(divisions()),
        fields=all_definitions(),
    )


def versions() -> list[Routing]:
    """Give all versions of the distribution rules, newest first, with their pilots."""
    return list(Routing.objects.select_related("publisher", "pilot").order_by("-version"))


def draft(now: datetime) -> RoutingDraft:
    """Give the draft; where nobody has written on it yet, it is what holds now."""
    found = RoutingDraft.objects.select_related("editor").filter(pk=1).first()
    if found:
        return found
    newest = Routing.objects.filter(is_trial=False).order_by("-version").first()
    return RoutingDraft(rules=newest.rules if newest else [], changed_at=now)


@dataclass(frozen=True, slots=True)
class Sent:
    """Which rule of which version sent a lead on; `rule` is None where none fitted. `number` counts from 1."""

    version: int
    is_trial: bool
    rule: Rule | None
    number: int
    is_recomputed_equal: bool


def sent(lead_id: UUID) -> Sent | None:
    """Give the newest decision of the distribution rules about a lead, or None where there were none."""
    route = Route.objects.select_related("routing").filter(lead=lead_id).order_by("-id").first()
    if route is None:
        return None
    rule = None if route.rule is None else convert(route.routing.rules[route.rule], Rule)
    number = 0 if route.rule is None else route.rule + 1
    made = route.routing
    return Sent(made.version, made.is_trial, rule, number, route_stands(route))


def route_stands(route: Route) -> bool:
    """Choose again by the stored rules and facts, and compare."""
    seen, rules = convert(route.facts, Situation), convert(route.routing.rules, list[Rule])
    return choose(seen, [prepare(rule) for rule in rules]) == route.rule
