"""Moving leads by hand, and changing who sits where."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max
from msgspec import convert

from clew.access.models import Member, Membership
from clew.base.json import to_builtins
from clew.base.ledger import Actor, Event, append
from clew.base.live import Hint, announce
from clew.contacts.models import Lead
from clew.grading.actions import keep_alive
from clew.handoff.belt.forgetting import revive
from clew.handoff.errors import (
    CapacityReached,
    ContactBusy,
    DraftMoved,
    LeadMissing,
    LeadNotOpen,
    LeadTaken,
    NoSeat,
    PilotImpossible,
    PilotOver,
    PilotRuns,
    RulesBroken,
    SeatMissing,
    SeatTaken,
    SideTaken,
    TooManyRules,
    VersionMissing,
)
from clew.handoff.events import (
    LeadAssigned,
    LeadClosed,
    LeadPooled,
    LeadReopened,
    LeadRestored,
    MethodChanged,
    PilotEnded,
    PilotStarted,
    RoutingDrafted,
    RoutingPublished,
    SeatChanged,
)
from clew.handoff.models import Method, Pilot, Placement, Routing, RoutingDraft, Seat
from clew.handoff.routing import MOST_RULES, Known, Rule, examine

Kind = Placement.Kind
VERSIONS = 0x72756C65  # "rule": versions are counted by one at a time


@transaction.atomic
def assign(lead_id: UUID, *, seat_id: int, actor: Actor, now: datetime, reason: str) -> Placement:
    """Give an open lead to the person of a seat. Raises LeadMissing, LeadNotOpen, SeatMissing."""
    before = _open_placement(lead_id)
    seat = _lock_seat(seat_id, and_too=before.seat_id)
    placement = _move(
        before, kind=Kind.PERSON, team_id=seat.team_id, seat=seat, reason=reason, now=now
    )
    keep_alive(lead_id, now)
    append(LeadAssigned(lead_id, seat_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def claim(lead_id: UUID, *, member: Member, now: datetime) -> Placement:
    """Take a lead from the pool of one's own team.

    Raises LeadMissing, LeadTaken when somebody was faster, NoSeat, CapacityReached.
    """
    before = _open_placement(lead_id)
    if before.kind != Kind.POOL:
        raise LeadTaken
    mine = Seat.objects.filter(member=member, left_at=None)
    if before.team_id is not None:
        mine = mine.filter(team=before.team_id)
    found = mine.order_by("id").first()
    if found is None:
        raise NoSeat
    seat = _lock_seat(found.pk)
    if seat.open_count >= seat.capacity:
        raise CapacityReached(capacity=seat.capacity)
    placement = _move(
        before, kind=Kind.PERSON, team_id=seat.team_id, seat=seat, reason="claimed", now=now
    )
    keep_alive(lead_id, now)
    append(LeadAssigned(lead_id, seat.pk, "claimed"), actor=Actor("member", str(member.pk)), at=now)
    return placement


@transaction.atomic
def to_pool(
    lead_id: UUID, *, team_id: int | None, actor: Actor, now: datetime, reason: str
) -> Placement:
    """Put an open lead into a team's pool. Raises LeadMissing, LeadNotOpen."""
    before = _open_placement(lead_id)
    placement = _move(before, kind=Kind.POOL, team_id=team_id, seat=None, reason=reason, now=now)
    append(LeadPooled(lead_id, team_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def close(lead_id: UUID, *, reason: str, actor: Actor, now: datetime) -> Placement:
    """End a lead: won, lost, bad_number, do_not_contact … Raises LeadMissing, LeadNotOpen."""
    before = _open_placement(lead_id)
    placement = _move(
        before, kind=Kind.CLOSED, team_id=before.team_id, seat=None, reason=reason, now=now
    )
    Lead.objects.filter(pk=lead_id).update(ended_at=now)
    append(LeadClosed(lead_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def reopen(lead_id: UUID, *, actor: Actor, now: datetime) -> Placement:
    """Take a closed lead up again: to whoever held it last, or into the pool. It is no history then.

    Raises LeadMissing, LeadTaken when it is open, ContactBusy when a newer enquiry is open.
    """
    before = _placement(lead_id)
    if before.kind != Kind.CLOSED:
        raise LeadTaken
    last = (
        Placement.objects.filter(lead=lead_id, kind=Kind.PERSON, seat__left_at=None)
        .order_by("-id")
        .first()
    )
    try:
        with transaction.atomic():
            Lead.objects.filter(pk=lead_id).update(ended_at=None, is_history=False)
    except IntegrityError as newer:
        raise ContactBusy from newer
    seat = _lock_seat(last.seat_id) if last and last.seat_id else None
    kind = Kind.PERSON if seat else Kind.POOL
    placement = _move(
        before, kind=kind, team_id=before.team_id, seat=seat, reason="reopened", now=now
    )
    keep_alive(lead_id, now)
    append(LeadReopened(lead_id), actor=actor, at=now)
    if seat:
        append(LeadAssigned(lead_id, seat.pk, "reopened"), actor=actor, at=now)
    return placement


@transaction.atomic
def restore(lead_id: UUID, *, actor: Actor, now: datetime) -> Placement:
    """Take the closing of a lead back: it stands where it stood, or in the pool where that seat is gone.

    Nobody's turn is taken. Raises LeadMissing, LeadTaken when it is open, ContactBusy when a newer
    enquiry is open.
    """
    before = _placement(lead_id)
    if before.kind != Kind.CLOSED:
        raise LeadTaken
    try:
        with transaction.atomic():
            Lead.objects.filter(pk=lead_id).update(ended_at=None)
    except IntegrityError as newer:
        raise ContactBusy from newer
    revive([lead_id], now)
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    append(LeadRestored(lead_id, stands.kind, stands.seat_id), actor=actor, at=now)
    return stands


@transaction.atomic
def join(
    team_id: int, member_id: int, *, weight: int, capacity: int, actor: Actor, now: datetime
) -> Seat:
    """Give a member a seat in a team, owed nothing. Raises SeatTaken. Others keep their counts."""
    seat, is_new = Seat.objects.get_or_create(
        team_id=team_id,
        member_id=member_id,
        defaults={"weight": weight, "capacity": capacity, "joined_at": now},
    )
    if not is_new and seat.left_at is None:
        raise SeatTaken
    if not is_new:
        seat.left_at, seat.weight, seat.capacity, seat.is_present = None, weight, capacity, True
        seat.back_at = now
        seat.save(update_fields=["left_at", "weight", "capacity", "is_present", "back_at"])
    Membership.objects.get_or_create(team_id=team_id, member_id=member_id)
    append(_changed(seat), actor=actor, at=now)
    return seat


@dataclass(frozen=True, slots=True)
class Taking:
    """How a team takes leads: side, hours, and for each grade `turn`, `idle` or `pool`."""

    side: str
    calendar_id: int
    high: str = Method.Way.TURN
    medium: str = Method.Way.TURN
    low: str = Method.Way.POOL


def set_method(team_id: int, taking: Taking, *, actor: Actor, now: datetime) -> Method:
    """Let a team take leads in this way from the next lead on. Raises SideTaken."""
    try:
        with transaction.atomic():
            method, _ = Method.objects.update_or_create(team_id=team_id, defaults=asdict(taking))
            append(MethodChanged(team_id, **asdict(taking)), actor=actor, at=now)
    except IntegrityError as taken:
        raise SideTaken from taken
    return method


@transaction.atomic
def set_seat(
    seat_id: int, *, weight: int, capacity: int, is_present: bool, actor: Actor, now: datetime
) -> Seat:
    """Change weight, capacity or presence from the next lead on; who comes back waits from now.

    Raises SeatMissing.
    """
    seat = _lock_seat(seat_id)
    if is_present and not seat.is_present:
        seat.back_at = now
    seat.weight, seat.capacity, seat.is_present = weight, capacity, is_present
    seat.save(update_fields=["weight", "capacity", "is_present", "back_at"])
    append(_changed(seat), actor=actor, at=now)
    return seat


@transaction.atomic
def leave(seat_id: int, *, actor: Actor, now: datetime) -> int:
    """Close a seat and put all its leads into the team's pool. Returns how many. Raises SeatMissing."""
    seat, held = _lock_with_leads(seat_id)
    for lead_id in held:
        to_pool(lead_id, team_id=seat.team_id, actor=actor, now=now, reason="owner_left")
    Seat.objects.filter(pk=seat_id).update(left_at=now, is_present=False)
    seat.refresh_from_db()
    append(_changed(seat), actor=actor, at=now)
    return len(held)


@transaction.atomic
def release(member_id: int, *, now: datetime) -> None:
    """Hand over everything of a member who has left: their seats close, their leads go on."""
    for seat_id in Seat.objects.filter(member=member_id, left_at=None).values_list("pk", flat=True):
        leave(seat_id, actor=Actor("system", "flow"), now=now)


def _placement(lead_id: UUID) -> Placement:
    """Lock the lead first: whoever waited then reads the placement that the winner has left."""
    if not lock_leads([lead_id]):
        raise LeadMissing
    return Placement.objects.get(lead=lead_id, closed_at=None)


def lock_leads(lead_ids: list[UUID]) -> list[UUID]:
    """Leads before seats, each in the order of ids: the one order in which all writers lock."""
    leads = Lead.objects.select_for_update(no_key=True).filter(pk__in=lead_ids).order_by("pk")
    return list(leads.values_list("pk", flat=True))


def _open_placement(lead_id: UUID) -> Placement:
    placement = _placement(lead_id)
    if placement.kind == Kind.CLOSED:
        raise LeadNotOpen
    return placement


def _lock_seat(seat_id: int, and_too: int | None = None) -> Seat:
    wanted = [id_ for id_ in (seat_id, and_too) if id_]
    seats = Seat.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    seat = next((s for s in seats if s.pk == seat_id and s.left_at is None), None)
    if seat is None:
        raise SeatMissing
    return seat


def _lock_with_leads(seat_id: int) -> tuple[Seat, list[UUID]]:
    """Lock all that a seat holds, then the seat; anew where it was given another lead meanwhile."""
    held = Placement.objects.filter(seat=seat_id, closed_at=None).order_by("lead_id")
    while True:
        with transaction.atomic():
            locked = lock_leads(list(held.values_list("lead_id", flat=True)))
            seat = _lock_seat(seat_id)
            now_held = list(held.values_list("lead_id", flat=True))
            if set(now_held) <= set(locked):
                return seat, now_held
            transaction.set_rollback(True)


def _move(
    before: Placement,
    *,
    kind: Placement.Kind,
    team_id: int | None,
    seat: Seat | None,
    reason: str,
    now: datetime,
) -> Placement:
    Placement.objects.filter(pk=before.pk).update(closed_at=now)
    placement = Placement.objects.create(
        lead_id=before.lead_id,
        kind=kind,
        team_id=team_id,
        seat=seat,
        reason=reason,
        opened_at=now,
    )
    if before.seat_id:
        Seat.objects.filter(pk=before.seat_id).update(open_count=F("open_count") - 1)
    if seat:
        Seat.objects.filter(pk=seat.pk).update(open_count=F("open_count") + 1)
    announce(_hints(before, placement))
    return placement


def _hints(before: Placement, after: Placement) -> list[Hint]:
    return [
        Hint(p.lead_id, member_id=p.seat.member_id)
        if p.seat
        else Hint(p.lead_id, team_id=p.team_id)
        for p in (before, after)
    ]


def _changed(seat: Seat) -> Event:
    return SeatChanged(
        seat.pk, seat.weight, seat.capacity, seat.is_present, has_left=seat.left_at is not None
    )


@transaction.atomic
def write_draft(
    rules: Sequence[Rule], *, edition: int, member: Member, now: datetime
) -> RoutingDraft:
    """Put other rules into the draft that the member had before them as `edition`.

    Raises DraftMoved where somebody was faster, TooManyRules. The rules may still have faults.
    """
    if len(rules) > MOST_RULES:
        raise TooManyRules
    draft = _locked_draft(edition, now)
    draft.rules = to_builtins(rules)
    draft.edition, draft.editor, draft.changed_at = edition + 1, member, now
    draft.save()
    event = RoutingDrafted(draft.pk, draft.edition, len(rules))
    append(event, actor=Actor("member", str(member.pk)), at=now)
    return draft


@transaction.atomic
def publish_draft(*, edition: int, known: Known, member: Member, now: datetime) -> Routing:
    """Let the draft hold from the next lead on. Raises DraftMoved, RulesBroken."""
    rules = _sound(_locked_draft(edition, now), known)
    return _publish(rules, member=member, now=now)


@transaction.atomic
def publish(
    rules: Sequence[Rule],
    *,
    known: Known,
    now: datetime,
    member: Member | None = None,
    again: int | None = None,
) -> Routing:
    """Let rules hold from the next lead on. Raises TooManyRules, RulesBroken."""
    if len(rules) > MOST_RULES:
        raise TooManyRules
    if any(finding.is_fatal for finding in examine(rules, known)):
        raise RulesBroken
    return _publish(rules, member=member, now=now, again=again)


@transaction.atomic
def roll_back(version: int, *, known: Known, member: Member, now: datetime) -> Routing:
    """Let the rules of an earlier version hold again, as a new version. Raises VersionMissing, RulesBroken."""
    before = Routing.objects.filter(version=version).first()
    if before is None:
        raise VersionMissing
    return publish(
        convert(before.rules, list[Rule]), known=known, member=member, now=now, again=version
    )


@transaction.atomic
def start_pilot(
    percent: int,
    regions: Sequence[int],
    *,
    edition: int,
    known: Known,
    member: Member,
    now: datetime,
) -> Pilot:
    """Let the draft hold for a share of the leads of some regions, or of all where none is named.

    Raises PilotImpossible, PilotRuns, DraftMoved, RulesBroken.
    """
    if not 1 <= percent <= 100 or not known.divisions.issuperset(regions):
        raise PilotImpossible
    rules = _sound(_locked_draft(edition, now), known)
    routing = _keep(rules, member=member, now=now, is_trial=True)
    try:
        with transaction.atomic():
            pilot = Pilot.objects.create(
                routing=routing, percent=percent, regions=list(regions), started_at=now
            )
    except IntegrityError as running:
        raise PilotRuns from running
    event = PilotStarted(pilot.pk, routing.version, percent, list(regions))
    append(event, actor=Actor("member", str(member.pk)), at=now)
    return pilot


@transaction.atomic
def end_pilot(pilot_id: int, *, is_kept: bool, known: Known, member: Member, now: datetime) -> None:
    """Let the rules in force hold for all again, or those of the pilot, where it is kept.

    Raises PilotOver, RulesBroken.
    """
    running = Pilot.objects.select_for_update(of=("self",)).filter(pk=pilot_id, ended_at=None)
    pilot = running.select_related("routing").first()
    if pilot is None:
        raise PilotOver
    pilot.ended_at = now
    pilot.save(update_fields=["ended_at"])
    append(PilotEnded(pilot.pk), actor=Actor("member", str(member.pk)), at=now)
    if is_kept:
        roll_back(pilot.routing.version, known=known, member=member, now=now)


def _locked_draft(edition: int, now: datetime) -> RoutingDraft:
    newest = Routing.objects.filter(is_trial=False).order_by("-version").first()
    rules = newest.rules if newest else []
    RoutingDraft.objects.get_or_create(pk=1, defaults={"rules": rules, "changed_at": now})
    draft = RoutingDraft.objects.select_for_update().get(pk=1)
    if draft.edition != edition:
        raise DraftMoved
    return draft


def _sound(draft: RoutingDraft, known: Known) -> list[Rule]:
    rules = convert(draft.rules, list[Rule])
    if any(finding.is_fatal for finding in examine(rules, known)):
        raise RulesBroken
    return rules


def _publish(
    rules: Sequence[Rule], *, member: Member | None, now: datetime, again: int | None = None
) -> Routing:
    """A draft in which nothing was written goes on from what holds now; what was written in it stays."""
    draft = RoutingDraft.objects.select_for_update().filter(pk=1).first()  # before the versions
    before = Routing.objects.filter(is_trial=False).order_by("-version").first()
    routing = _keep(rules, member=member, now=now)
    if draft:
        if draft.rules == (before.rules if before else []):
            draft.rules = routing.rules
        draft.edition += 1
        draft.save()
    event = RoutingPublished(routing.pk, routing.version, len(rules), again)
    append(event, actor=_by(member), at=now)
    return routing


def _keep(
    rules: Sequence[Rule], *, member: Member | None, now: datetime, is_trial: bool = False
) -> Routing:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [VERSIONS])
    newest = Routing.objects.aggregate(newest=Max("version"))["newest"] or 0
    return Routing.objects.create(
        version=newest + 1,
        rules=to_builtins(rules),
        is_trial=is_trial,
        published_at=now,
        publisher=member,
    )


def _by(member: Member | None) -> Actor:
    return Actor("member", str(member.pk)) if member else Actor("system", "terminal")
