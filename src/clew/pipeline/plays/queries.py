"""Reading plays: which fit a lead, what goes on with it, what is due, and how each play does."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from clew.access.models import Member, Role
from clew.contacts.models import Identifier, Lead
from clew.contacts.queries import same_person
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of, visible_lead, visible_leads
from clew.pipeline.moves.models import Exit
from clew.pipeline.moves.queries import standing_of
from clew.pipeline.plays.errors import PlayMissing
from clew.pipeline.plays.models import Deed, Play, Run
from clew.pipeline.plays.steps import Channel, Kind, Step, read
from clew.pipeline.wording import Words

WON = "won"
LEFT_ALONE = ("bad_number", "blocked", "do_not_contact", "merged")  # nobody goes after them
TAKING = (Play.State.RUNNING, Play.State.PROMOTED)
DUE_AT_MOST = 200
BRIEF = 40
CHANNELS: Words = {
    Channel.PHONE: pgettext_lazy("channel", "Phone"),
    Channel.WECHAT: pgettext_lazy("channel", "WeChat"),
    Channel.SMS: pgettext_lazy("channel", "SMS"),
    Channel.EMAIL: pgettext_lazy("channel", "E-mail"),
}


def fitting(lead_id: UUID) -> QuerySet[Play]:
    """Give the plays that a lead is at the beginning of: those of its reason for leaving before those of its stage."""
    placement = placement_of(lead_id)
    if placement.kind == Placement.Kind.CLOSED and placement.reason != WON:
        left = Exit.objects.filter(lead=lead_id, returned_at=None).first()
        if left is None or left.end in LEFT_ALONE:
            return Play.objects.none()
        found = Play.objects.filter(
            Q(reason=None) | Q(reason=left.reason_id), begins="left", stage=left.stage_id
        )
        return found.order_by(F("reason").asc(nulls_last=True), "pk")
    stands = standing_of(lead_id)
    if stands is None:
        return Play.objects.none()
    return Play.objects.filter(begins="entered", stage=stands.stage_id).order_by("pk")


def lead_left(viewer: Member, lead_id: UUID) -> Lead:
    """Give a lead that the viewer sees, or has let go of themselves. Raises LeadMissing."""
    left = Exit.objects.filter(lead=lead_id, returned_at=None, member=viewer)
    if left.exists():
        return Lead.objects.select_related("contact").get(pk=lead_id)
    return visible_lead(viewer, lead_id)


def offers_of(viewer: Member, lead_id: UUID) -> tuple[Lead, list[tuple[Play, list[Step]]]]:
    """Give a lead that the viewer sees or has let go of, with the plays that it can begin. Raises LeadMissing."""
    lead = lead_left(viewer, lead_id)
    had = Run.objects.filter(lead=lead).values("play")
    plays = fitting(lead.pk).filter(state__in=TAKING).exclude(pk__in=had)
    return lead, [(play, read(play.versions.latest("number").steps)) for play in plays]


def is_reachable(lead_id: UUID) -> bool:
    """Whether there is any way of reaching the person."""
    people = same_person(Lead.objects.get(pk=lead_id))
    return Identifier.objects.filter(contact__in=people).exists()


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step in the reader's language: its number from 1 of how many, what it is, the words."""

    number: int
    count: int
    kind: str
    channel: str
    words: str
    index: int
    is_met: bool = False


@dataclass(frozen=True, slots=True)
class OnLead:
    """What a lead's page tells of plays: what goes on, its step, what else fits, what it is held back from."""

    run: Run | None
    name: str
    step: StepTold | None
    next_at: datetime | None
    offers: list[tuple[int, str, int]]
    held_back: list[str]


def on_lead(lead_id: UUID) -> OnLead:
    """Tell about the plays of a lead that the caller has found visible."""
    runs = list(Run.objects.filter(lead=lead_id).select_related("play", "version"))
    going = next((r for r in runs if r.ended_at is None and not r.is_held_back), None)
    had = {run.play_id for run in runs}
    offers: list[tuple[int, str, int]] = []
    if going is None:
        offers = [
            (play.pk, named(play), play.assumed_bp)
            for play in fitting(lead_id).filter(state__in=TAKING).exclude(pk__in=had)
        ]
    return OnLead(
        going,
        named(going.play) if going else "",
        _current(going) if going else None,
        going.due_at if going else None,
        offers,
        [named(run.play) for run in runs if run.is_held_back and run.ended_at is None],
    )


def step_words(lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """Say in a few words what the plays ask for with leads, where they do."""
    runs = Run.objects.filter(lead__in=lead_ids, ended_at=None, is_held_back=False)
    found = {run.lead_id: run for run in runs.select_related("play", "version")}
    newest = _newest(found.values())
    told = {}
    for lead_id, run in found.items():
        deed = newest.get(run.pk)
        if deed is not None and deed.met_at is None:
            told[lead_id] = _briefly(run, read(run.version.steps)[deed.step])
    return told


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step that waits for somebody."""

    lead: Lead
    play: str
    step: StepTold
    since: datetime
    holder: str


def due_steps(viewer: Member) -> list[DueStep]:
    """Give the steps that wait, oldest first: a salesperson's own, a manager's team's, or all."""
    leads = visible_leads(viewer)
    newer = Deed.objects.filter(run=OuterRef("run"), step__gt=OuterRef("step"))
    waiting = Deed.objects.filter(
        ~Exists(newer), met_at=None, run__ended_at=None, run__lead__in=leads.values("pk")
    ).select_related("run__play", "run__version", "run__lead__contact")
    deeds = list(waiting.order_by("at", "pk")[:DUE_AT_MOST])
    held = Placement.objects.filter(lead__in=[d.run.lead_id for d in deeds], closed_at=None)
    names = {p.lead_id: p.seat.member.name for p in held.select_related("seat__member") if p.seat}
    return [
        DueStep(
            deed.run.lead,
            named(deed.run.play),
            _told(deed.run, deed),
            deed.at,
            names.get(deed.run.lead_id, ""),
        )
        for deed in deeds
    ]


@dataclass(frozen=True, slots=True)
class PlayRow:
    """A play as the list shows it."""

    play: Play
    name: str
    place: str
    going_on: int
    began: int


def rows(now: datetime) -> list[PlayRow]:
    """Give all plays along the pipelines, with how many leads go on in each and began in the last 30 days."""
    lately = now - timedelta(days=30)
    plays = Play.objects.select_related("stage__pipeline", "reason").order_by(
        "-stage__pipeline__side", "stage__position", "pk"
    )
    counted = {
        play_id: (going, began)
        for play_id, going, began in Run.objects.filter(
            Q(ended_at=None) | Q(started_at__gte=lately)
        )
        .values_list("play")
        .annotate(
            going=Count("pk", filter=Q(ended_at=None, is_held_back=False)),
            began=Count("pk", filter=Q(started_at__gte=lately)),
        )
    }
    return [
        PlayRow(play, named(play), where(play), *counted.get(play.pk, (0, 0))) for play in plays
    ]


def play_seen(play_id: int) -> Play:
    """Give a play with where it belongs. Raises PlayMissing."""
    found = Play.objects.select_related("stage__pipeline", "reason").filter(pk=play_id).first()
    if found is None:
        raise PlayMissing
    return found


ARMS = {
    "played": Q(is_held_back=False),
    "held_back": Q(is_held_back=True),
    "going_on": Q(is_held_back=False, ended_at=None),
}
LISTED_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class LeadsOf:
    """Leads of a version that the viewer may see, newest first; `hidden`: how many are not theirs to see."""

    runs: list[Run]
    count: int
    hidden: int


def leads_of(viewer: Member, version_id: int, arm: str) -> LeadsOf:
    """Give the leads that a number of a play's page counts."""
    runs = Run.objects.filter(ARMS.get(arm, ARMS["played"]), version=version_id)
    seen = runs
    if viewer.role != Role.ADMINISTRATOR:
        seen = runs.filter(lead__in=visible_leads(viewer).values("pk"))
    count, shown = runs.count(), seen.count()
    newest = seen.select_related("lead__contact").order_by("-started_at", "-pk")[:LISTED_AT_MOST]
    return LeadsOf(list(newest), shown, count - shown)


def named(play: Play) -> str:
    """Name a play in the reader's language."""
    return _either(play.name_zh, play.name_en)


def where(play: Play) -> str:
    """Say where a play belongs: pipeline, stage, and the reason for leaving."""
    pipeline, stage, reason = play.stage.pipeline, play.stage, play.reason
    names = [(pipeline.name_zh, pipeline.name_en), (stage.name_zh, stage.name_en)]
    if reason:
        names.append((reason.name_zh, reason.name_en))
    return " · ".join(_either(*both) for both in names)


def in_language(step: Step) -> str:
    """Give the words of a step in the reader's language, or in the one that there is."""
    return _either(step.zh, step.en)


def _briefly(run: Run, step: Step) -> str:
    """Say a step as a row of the day can hold it."""
    if step.kind == Kind.MESSAGE:
        words = {"channel": CHANNELS[step.channel], "play": named(run.play)}
        return _("Send by %(channel)s: %(play)s") % words
    text = in_language(step)
    return text if len(text) <= BRIEF else text[: BRIEF - 1] + "…"


def _either(chinese: str, english: str) -> str:
    is_chinese = (get_language() or "").startswith("zh")
    return (chinese or english) if is_chinese else (english or chinese)


def _current(run: Run) -> StepTold | None:
    deed = _newest([run]).get(run.pk)
    return _told(run, deed) if deed else None


def _told(run: Run, deed: Deed) -> StepTold:
    steps = read(run.version.steps)
    step = steps[deed.step]
    doing = [number for number, one in enumerate(steps) if one.is_done_by_people]
    return StepTold(
        doing.index(deed.step) + 1,
        len(doing),
        step.kind,
        step.channel,
        in_language(step),
        deed.step,
        deed.met_at is not None,
    )


def _newest(runs: Iterable[Run]) -> dict[int, Deed]:
    deeds = Deed.objects.filter(run__in=[run.pk for run in runs]).order_by("step")
    return {deed.run_id: deed for deed in deeds}
