"""One lead with all that its page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext

from clew.access.models import Member, Role
from clew.access.queries import teams
from clew.capture import custom
from clew.capture.custom import Definition
from clew.capture.models import Consent
from clew.capture.queries import all_definitions
from clew.capture.regions import rivals, shown
from clew.contacts.models import Identifier, Lead, Repeat
from clew.contacts.queries import identifiers, masked
from clew.grading.models import Grade
from clew.grading.queries import in_words
from clew.handoff.models import Placement
from clew.handoff.pools.claiming import veil
from clew.handoff.queries import Share, placement_of, shares, visible_lead
from clew.pipeline.aftersale.telling import TELL as AFTERSALE
from clew.pipeline.clocks.telling import TELL as CLOCKS
from clew.pipeline.grading import ByPerson, by_person
from clew.pipeline.leads import facts
from clew.pipeline.meetings.telling import TELL as MEETINGS
from clew.pipeline.models import IS_CONTACT, Call, Clock, Result, Task
from clew.pipeline.moves.course import Course, course
from clew.pipeline.queries import newest_worth
from clew.pipeline.resting.telling import TELL as RESTING
from clew.pipeline.rules import Bar, Group, Standing, first_line, group, waterfall
from clew.pipeline.timeline import Moment, timeline
from clew.pipeline.wording import (
    REACH,
    Dial,
    LastCall,
    day,
    dial,
    intent,
    short_day,
    why,
)


@dataclass(frozen=True, slots=True)
class Signal:
    """A line of the grade's waterfall."""

    words: str
    points: int
    bar: Bar


@dataclass(frozen=True, slots=True)
class GradeShown:
    """A grade, why, and what it was before."""

    level: int
    points: int
    told_points: int | None
    intent: str
    signals: list[Signal]
    total: Bar
    high_from: int
    medium_from: int
    version: int
    before: str
    by_person: ByPerson | None


@dataclass(frozen=True, slots=True)
class DayTold:
    """What happened on one day."""

    name: str
    moments: list[Moment]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of reaching the person, masked."""

    kind: str
    shown: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """A lead as its page shows it."""

    lead: Lead
    title: str
    line: str
    ways: list[Way]
    consents: list[Consent]
    grade: GradeShown | None
    placement: Placement
    result: Result | None
    worth_id: int  # of the newest worth; 0 where nobody said any
    dial: Dial | None
    why: str
    may_change: bool
    moments: list[Moment]
    days: list[DayTold]
    course: Course | None
    fields: list[Definition]

    @property
    def custom(self) -> list[tuple[str, str]]:
        """What the operator's own fields hold: label and value."""
        held = self.lead.custom
        return [(f.label, custom.shown(f, held[f.key])) for f in self.fields if f.key in held]

    @property
    def region(self) -> str:
        """Where they are: the proper name where one region is meant, else what was given."""
        return shown(self.lead.region, self.lead.region_code)

    @property
    def rivals(self) -> str:
        """Where the regions lie that an ambiguous one may mean; empty where it is clear."""
        return pgettext("between places", ", ").join(rivals(self.lead.region))

    @property
    def reach(self) -> str:
        """The way to try first."""
        return self.ways[0].shown if self.ways else ""

    @property
    def icon(self) -> str:
        """The symbol for reaching them."""
        return self._verb[0]

    @property
    def verb(self) -> str | Promise:
        """What to do to reach them: call, or write where there is no number."""
        return self._verb[1]

    @property
    def _verb(self) -> tuple[str, str | Promise]:
        return REACH[self.ways[0].kind if self.ways else "phone"]

    @property
    def is_workable(self) -> bool:
        """Tell whether calls can be logged: a person holds it."""
        return self.placement.kind == Placement.Kind.PERSON

    @property
    def is_in_pool(self) -> bool:
        """Tell whether it can be claimed."""
        return self.placement.kind == Placement.Kind.POOL


def dossier(viewer: Member, lead_id: UUID, now: datetime) -> Dossier:
    """Gather one lead for its page. `now` is local. Raises LeadMissing."""
    lead = visible_lead(viewer, lead_id)
    placement = placement_of(lead.pk)
    lead = veil(viewer).over(lead, placement)
    ways = _ways(identifiers(lead))
    grade = _grade(lead, now)
    fields = all_definitions()
    moments = timeline(lead, viewer, now, fields, {**CLOCKS, **MEETINGS, **AFTERSALE, **RESTING})
    last = Call.objects.filter(lead=lead).order_by("-at").first()
    standing, about = _standing(lead, last, now)
    is_open = placement.kind == Placement.Kind.PERSON
    return Dossier(
        lead=lead,
        title=lead.contact.name or (ways[0].shown if ways else ""),
        line=first_line(facts(lead, ways[0].kind if ways else ""), get_language() or ""),
        ways=ways,
        consents=_consents(lead),
        grade=grade,
        placement=placement,
        result=Result.objects.filter(lead=lead).first(),
        worth_id=newest_worth(lead.pk),
        dial=dial(standing, now=now) if is_open else None,
        why=_why(standing, about, grade, last, now) if is_open else "",
        may_change=viewer.role != Role.SALESPERSON or placement.kind != Placement.Kind.CLOSED,
        moments=moments,
        days=_days(moments, now),
        course=course(lead.pk, placement, now),
        fields=list(fields.values()),
    )


def colleagues(viewer: Member) -> list[Share]:
    """Give the seats that a manager or administrator may give a lead to; nothing for salespeople."""
    if viewer.role == Role.SALESPERSON:
        return []
    return shares(viewer, teams(viewer).values_list("pk", flat=True))


def _ways(found: Sequence[Identifier]) -> list[Way]:
    rank = [Identifier.Kind.PHONE, Identifier.Kind.WECHAT, Identifier.Kind.EMAIL]
    ranked = sorted(found, key=lambda i: (rank.index(Identifier.Kind(i.kind)), i.pk))
    return [Way(i.kind, masked(i)) for i in ranked]


def _consents(lead: Lead) -> list[Consent]:
    ids = [lead.pk, *Repeat.objects.filter(lead=lead).values_list("submission_id", flat=True)]
    return list(Consent.objects.filter(submission__in=ids).order_by("given_at"))


def _standing(lead: Lead, last: Call | None, now: datetime) -> tuple[Standing, str]:
    """Give what decides its place in the day, and what its task is about; a clock that stands still does not count."""
    clock = Clock.objects.filter(IS_CONTACT, lead=lead, stopped_at__isnull=True).first()
    if clock and clock.paused_until and clock.paused_until > now:
        clock = None
    task = Task.objects.filter(lead=lead, done_at__isnull=True).first()
    wrote = None
    if last and lead.submission_count > 1:
        wrote = Repeat.objects.filter(lead=lead, at__gt=last.at).aggregate(at=Max("at"))["at"]
    standing = Standing(
        clock_started_at=clock.started_at if clock else None,
        clock_due_at=clock.due_at if clock else None,
        task_due_at=task.due_at if task else None,
        planned_at=task.created_at if task else None,
        wrote_at=wrote,
        clock_kind=clock.kind if clock else "",
    )
    return standing, task.about if task else ""


def _why(
    standing: Standing, about: str, grade: GradeShown | None, last: Call | None, now: datetime
) -> str:
    part = group(standing, now=now)
    return why(
        standing,
        Group.LATER if part is None else part,
        level=grade.level if grade else None,
        last=LastCall(last.result, last.said) if last else LastCall(),
        about=about,
        now=now,
    )


def _grade(lead: Lead, now: datetime) -> GradeShown | None:
    found = list(
        Grade.objects.select_related("rule_set", "override__made_by")
        .filter(lead=lead)
        .order_by("graded_at", "pk")
    )
    if not found:
        return None
    grade = found[-1]
    words = in_words(grade, get_language() or "")
    bars = waterfall([points for _, points in words])
    return GradeShown(
        level=grade.level,
        points=grade.points,
        told_points=grade.told_points,
        intent=intent(grade.level),
        signals=[Signal(w, p, bar) for (w, p), bar in zip(words, bars, strict=True)],
        total=Bar(0, max(0, min(100, grade.points)), "f"),
        high_from=grade.rule_set.high_from,
        medium_from=grade.rule_set.medium_from,
        version=grade.rule_set.version,
        before=_before(found, now),
        by_person=by_person(grade),
    )


def _before(found: Sequence[Grade], now: datetime) -> str:
    """Tell how the grade came about, where it was ever another one."""
    found = [g for g, before in zip(found, (None, *found), strict=False) if not _is_same(g, before)]
    if len(found) == 1:
        return ""
    days = (short_day(g.graded_at.astimezone(now.tzinfo)) for g in found)
    steps = [
        f"{d} {intent(g.level)}" + ("" if g.told_points is None else f" {g.told_points}")
        for d, g in zip(days, found, strict=True)
    ]
    return " → ".join(steps[-4:])


def _is_same(grade: Grade, before: Grade | None) -> bool:
    return before is not None and (grade.level, grade.told_points) == (
        before.level,
        before.told_points,
    )


def _days(moments: Sequence[Moment], now: datetime) -> list[DayTold]:
    told = groupby(moments, key=lambda m: m.at.astimezone(now.tzinfo).date())
    days = [list(found) for _date, found in told]
    return [DayTold(day(found[0].at, now=now), found) for found in days]
