"""Reading what follows a sale. The first argument is who is asking, but for what a customer may see."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from clew.access.models import Member, Role
from clew.access.queries import members
from clew.access.tokens import digest
from clew.base.sealing import unseal
from clew.contacts.queries import identifiers, masked
from clew.handoff.calendars import Hours, hours
from clew.handoff.models import Method, Placement
from clew.pipeline.aftersale.errors import StepMissing, SurveyMissing
from clew.pipeline.aftersale.models import CarePlan, CareStep, Survey
from clew.pipeline.aftersale.rules import USUAL, Plan
from clew.pipeline.aftersale.wording import KINDS
from clew.pipeline.rules import midnight
from clew.pipeline.wording import Dial, moment

ROWS_AT_MOST = 100
PAGE = 100
PERIODS = {"30d": 30, "90d": 90, "365d": 365}  # days


def plan_of(team_id: int | None) -> Plan:
    """Give how a team looks after its customers: its own plan, else the usual one."""
    own = CarePlan.objects.filter(team=team_id).first()
    if own is None:
        return USUAL
    return Plan(own.check_days, own.ask_days, own.low_until, own.high_from)


def hours_of_team(team_id: int | None) -> Hours | None:
    """Give the working hours of a team."""
    method = Method.objects.select_related("calendar").filter(team=team_id).first()
    if method is None:
        return None
    own = method.calendar
    return hours(own.time_zone, own.week, own.days_off, own.days_on)


def steps_of(viewer: Member) -> QuerySet[CareStep]:
    """Give the steps a member may see: own ones, those of one's people, or all."""
    if viewer.role == Role.ADMINISTRATOR:
        return CareStep.objects.all()
    if viewer.role == Role.MANAGER:
        return CareStep.objects.filter(Q(member=viewer) | Q(member__in=members(viewer)))
    return CareStep.objects.filter(member=viewer)


def surveys_of(viewer: Member) -> QuerySet[Survey]:
    """Give the answers a member may see: of own customers, of those of one's people, or all."""
    if viewer.role == Role.ADMINISTRATOR:
        return Survey.objects.all()
    if viewer.role == Role.MANAGER:
        return Survey.objects.filter(Q(member=viewer) | Q(member__in=members(viewer)))
    return Survey.objects.filter(member=viewer)


@dataclass(frozen=True, slots=True)
class CareRow:
    """A customer in the day's list."""

    step_id: int
    title: str
    company: str
    why: str
    dial: Dial


def care_of_day(viewer: Member, now: datetime) -> list[CareRow]:
    """Give what the member has to do for customers until midnight, what is due first. `now` is local. One statement."""
    due = CareStep.objects.filter(member=viewer, done_at=None, due_at__lt=midnight(now))
    found = due.select_related("lead__contact").order_by("due_at", "pk")[:ROWS_AT_MOST]
    return [
        CareRow(
            step_id=step.pk,
            title=step.lead.contact.name,
            company=step.lead.contact.company,
            why=str(KINDS[step.kind]),
            dial=Dial("fixed", 0, moment(step.due_at, now=now), step.due_at, 0),
        )
        for step in found
    ]


def step(viewer: Member, step_id: int) -> CareStep:
    """Give a step that the viewer may see. Raises StepMissing."""
    found = (
        steps_of(viewer)
        .filter(pk=step_id)
        .select_related("lead__contact", "lead__source", "member__organisation")
    )
    one = found.first()
    if one is None:
        raise StepMissing
    return one


def ways(step: CareStep) -> list[tuple[str, str]]:
    """Give how the customer is reached: kind and masked value."""
    return [(i.kind, masked(i)) for i in identifiers(step.lead)]


def survey_for(step: CareStep) -> Survey | None:
    """Give the newest question that was put to the customer of a step since its sale, and before the next one."""
    sales = Placement.objects.filter(
        lead=step.lead_id, kind=Placement.Kind.CLOSED, reason="won"
    ).order_by("opened_at")
    made = Survey.objects.filter(lead=step.lead_id).select_related("member__organisation")
    this = sales.filter(opened_at__lte=step.made_at).last()
    after = sales.filter(opened_at__gt=step.made_at).first()
    if this:
        made = made.filter(made_at__gte=this.opened_at)
    if after:
        made = made.filter(made_at__lt=after.opened_at)
    return made.order_by("-made_at", "-pk").first()


def by_link(token: str) -> Survey:
    """Give the question that a link is for. Raises SurveyMissing."""
    found = Survey.objects.filter(digest=digest(token)).select_related("member__organisation")
    one = found.first()
    if one is None:
        raise SurveyMissing
    return one


@dataclass(frozen=True, slots=True)
class Figures:
    """How satisfied customers are: marks from 5 down to 1 with how many gave them, what became of the rest."""

    asked: int
    answered: int
    marks: list[tuple[int, int]]
    average: float | None
    complaints: int
    recovering: int
    recovered: int


def figures(viewer: Member, period: str, now: datetime) -> Figures:
    """Count the answers of customers asked within a period."""
    since = now - timedelta(days=PERIODS.get(period, PERIODS["90d"]))
    asked = surveys_of(viewer).filter(made_at__gte=since)
    told = list(asked.values_list("mark", "is_complaint", "answered_at"))
    marks = Counter(mark for mark, _, _ in told if mark)
    recoveries = steps_of(viewer).filter(kind="recover", made_at__gte=since, is_dropped=False)
    recovered = recoveries.exclude(done_at=None).count()
    count = marks.total()
    return Figures(
        asked=len(told),
        answered=sum(at is not None for _, _, at in told),
        marks=[(mark, marks[mark]) for mark in range(5, 0, -1)],
        average=sum(mark * n for mark, n in marks.items()) / count if count else None,
        complaints=sum(is_complaint for _, is_complaint, _ in told),
        recovering=recoveries.filter(done_at=None).count(),
        recovered=recovered,
    )


def answers(viewer: Member, mark: str, period: str, now: datetime) -> list[Survey]:
    """Give the newest answers, of one mark or the complaints alone where that is asked for."""
    since = now - timedelta(days=PERIODS.get(period, PERIODS["90d"]))
    found = surveys_of(viewer).filter(made_at__gte=since)
    if mark in {"1", "2", "3", "4", "5"}:
        found = found.filter(mark=int(mark))
    elif mark == "complaint":
        found = found.filter(is_complaint=True)
    elif mark == "answered":
        found = found.exclude(answered_at=None)
    return list(found.select_related("lead__contact", "member").order_by("-made_at", "-pk")[:PAGE])


def words_of(survey: Survey) -> str:
    """Unseal what a customer wrote."""
    return unseal(bytes(survey.words), words_place(survey.pk)).decode() if survey.words else ""


def note_of(step: CareStep) -> str:
    """Unseal what came of a step."""
    return unseal(bytes(step.note), step_place(step.pk)).decode() if step.note else ""


def words_place(survey_id: UUID) -> bytes:
    """Name the place that a customer's words are sealed for."""
    return b"satisfaction:" + survey_id.bytes


def step_place(step_id: int) -> bytes:
    """Name the place that a step's note is sealed for."""
    return b"care step:" + str(step_id).encode()
