"""Writing, publishing and piloting distribution rules."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from msgspec import convert

from clew.access.models import Member
from clew.base.json import to_builtins
from clew.base.ledger import Actor, append
from clew.handoff.errors import (
    DraftMoved,
    PilotImpossible,
    PilotOver,
    PilotRuns,
    RulesBroken,
    TooManyRules,
    VersionMissing,
)
from clew.handoff.events import PilotEnded, PilotStarted, RoutingDrafted, RoutingPublished
from clew.handoff.models import Pilot, Routing, RoutingDraft
from clew.handoff.routing import MOST_RULES, Known, Rule, examine

VERSIONS = 0x72756C65  # "rule": versions are counted by one at a time


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
