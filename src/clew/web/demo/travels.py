"""How far the leads of the demo came on their pipelines: told behind the story, from its calls and ends."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import connection

from clew.base.bulk import copy_in
from clew.base.ledger import Actor, append_all
from clew.handoff.calendars import Hours, hours, time_between
from clew.handoff.models import Calendar
from clew.pipeline.moves.actions.usual import count_usual
from clew.pipeline.moves.events import LeadLeft, LeadMoved
from clew.pipeline.moves.models import ExitReason, Stage
from clew.pipeline.moves.queries import step
from clew.pipeline.moves.rules import how
from clew.web.demo.company import DEMO

GOES_ON = 0.7  # from one stage to the next, of those that were answered
SKIPS, RETURNS = 0.15, 0.08
RIVALS = ("汇川", "台达", "英威腾", "西门子代理", "本地贴牌")
WORTH = (2_000, 180_000)  # yuan
SECOND = timedelta(seconds=1)
ACTED_ON = """
select l.id, o.is_online, l.opened_at, f.tried_at, f.answered_at, p.kind, p.reason, p.opened_at, p.team_id,
  (select s.member_id from handoff_placement h join handoff_seat s on s.id = h.seat_id
   where h.lead_id = l.id order by h.id desc limit 1) as member_id
from contacts_lead l
join capture_source o on o.id = l.source_id
join handoff_placement p on p.lead_id = l.id and p.closed_at is null
left join pipeline_firstcontact f on f.lead_id = l.id
where f.lead_id is not null or p.kind = 'closed' and p.reason <> 'lapsed'
order by l.id
"""


@dataclass(frozen=True, slots=True)
class Acted:
    """A lead that somebody did something about."""

    lead_id: UUID
    is_online: bool
    opened_at: datetime
    tried_at: datetime | None
    answered_at: datetime | None
    kind: str
    reason: str
    since: datetime
    team_id: int | None
    member_id: int | None

    @property
    def end(self) -> str:
        """How it ended; nothing while it is open."""
        return self.reason if self.kind == "closed" else ""

    @property
    def actor(self) -> Actor:
        """Who had it."""
        return Actor("member", str(self.member_id)) if self.member_id else DEMO


@dataclass(frozen=True, slots=True)
class Ways:
    """The stages of a pipeline, those that winning needs among them, and the reasons for leaving each."""

    stages: Sequence[Stage]
    reasons: Mapping[int, Sequence[ExitReason]]

    def entered_on(self, sign: str) -> int:
        """Give the place of the stage that a sign leads to, or the first."""
        return next((i for i, s in enumerate(self.stages) if s.enters_on == sign), 0)


def retell(now: datetime, seed: int) -> None:
    """Write the stays, exits and estimates of all leads that somebody did something about."""
    with connection.cursor() as cursor:
        cursor.execute(ACTED_ON)
        leads = [Acted(*values) for values in cursor.fetchall()]
    kept = Calendar.objects.order_by("pk").first()
    worked = hours(kept.time_zone, kept.week, kept.days_off, kept.days_on) if kept else None
    ways = {side: _ways(side) for side in ("online", "offline")}
    pen = Pen(worked)
    for lead in leads:
        chance = Random(f"{seed}:travels {lead.opened_at.timestamp()}")  # noqa: S311  a story
        way = ways["online" if lead.is_online else "offline"]
        if lead.member_id:
            pen.tell(lead, way, list(_moments(lead, way, now, chance)), chance)
    pen.write()
    count_usual(now)


def _ways(side: str) -> Ways:
    stages = list(
        Stage.objects.filter(pipeline__side=side, retired_at=None).order_by("position", "pk")
    )
    reasons = {stage.pk: list(stage.exit_reasons.order_by("position")) for stage in stages}
    return Ways(stages, reasons)


class Pen:
    """What is to be written, row by row."""

    def __init__(self, worked: Hours | None) -> None:
        """Begin with nothing."""
        self.worked = worked
        self.stays: list[tuple[object, ...]] = []
        self.exits: list[tuple[object, ...]] = []
        self.estimates: list[tuple[object, ...]] = []

    def tell(
        self, lead: Acted, ways: Ways, moments: Sequence[tuple[int, datetime]], chance: Random
    ) -> None:
        """Tell how one lead went."""
        is_lost = lead.end not in {"", "won"}
        before: Stage | None = None
        for number, (place, at) in enumerate(moments, 1):
            stage = ways.stages[place]
            way = how(step(before), step(stage), map(step, ways.stages)) if before else "entered"
            is_last = number == len(moments)
            until = moments[number][1] if not is_last else lead.since if is_lost else None
            outcome = "" if until is None else "left" if is_last else "onward"
            if not is_last and moments[number][0] < place:
                outcome = "back"
            lasts = (at, until)
            self._stay(lead, stage, number=number, way=way, lasts=lasts, outcome=outcome)
            if before:
                append_all(
                    [LeadMoved(lead.lead_id, stage.pk, before.pk, way)], actor=lead.actor, at=at
                )
            before = stage
        if is_lost and before:
            self._exit(lead, ways.reasons[before.pk], before, chance)
        if moments[-1][0] >= ways.entered_on("answered") + 1:
            value = round(chance.uniform(*WORTH) / 100) * 10_000
            self.estimates.append((lead.lead_id, value, "CNY", lead.member_id, moments[-1][1]))

    def write(self) -> None:
        """Write all of it."""
        copy_in(
            "moves_stay",
            "lead_id, stage_id, number, how, entered_at, left_at, outcome, work_seconds, actor_kind, actor_id",
            self.stays,
        )
        copy_in(
            "moves_exit",
            'lead_id, stage_id, reason_id, "end", rival, price_minor, currency, team_id, member_id, at',
            self.exits,
        )
        copy_in("moves_estimate", "lead_id, value_minor, currency, member_id, at", self.estimates)

    def _stay(
        self,
        lead: Acted,
        stage: Stage,
        *,
        number: int,
        way: str,
        lasts: tuple[datetime, datetime | None],
        outcome: str,
    ) -> None:
        at, until = lasts
        spent = None
        if until:
            spent = (time_between(self.worked, at, until) if self.worked else until - at) // SECOND
        who = lead.actor
        self.stays.append(
            (lead.lead_id, stage.pk, number, way, at, until, outcome, spent, who.kind, who.id)
        )

    def _exit(
        self, lead: Acted, reasons: Sequence[ExitReason], stage: Stage, chance: Random
    ) -> None:
        fitting = [reason for reason in reasons if reason.end == lead.end]
        reason = chance.choice(fitting) if fitting else None
        asks = reason is not None and reason.asks_rival
        rival = chance.choice(RIVALS) if asks else ""
        price = round(chance.uniform(*WORTH) / 100) * 10_000 if asks else None
        self.exits.append(
            (lead.lead_id, stage.pk, reason.pk if reason else None, lead.end, rival, price, "CNY",
             lead.team_id, lead.member_id, lead.since)
        )  # fmt: skip
        left = LeadLeft(lead.lead_id, stage.pk, reason.pk if reason else None, lead.end)
        append_all([left], actor=lead.actor, at=lead.since)


def _moments(
    lead: Acted, ways: Ways, now: datetime, chance: Random
) -> Iterator[tuple[int, datetime]]:
    """Say by places when a lead came into which stage; the first since it came in."""
    yield 0, lead.opened_at
    last = lead.opened_at
    tried_at = lead.tried_at if lead.tried_at != lead.answered_at else None
    for sign, at in (("tried", tried_at), ("answered", lead.answered_at)):
        place = ways.entered_on(sign)
        if at and place and at > last:
            yield place, at
            last = at
    if not lead.answered_at:
        return
    begin, winning = ways.entered_on("answered"), ways.entered_on("won")
    deepest = winning - 1 if lead.end == "won" else _depth(begin, winning - 1, chance)
    steps = [p for p in range(begin + 1, deepest + 1) if p == deepest or chance.random() > SKIPS]
    if len(steps) > 1 and chance.random() < RETURNS:
        steps[2:2] = [steps[0]]
    until = lead.since if lead.end else now
    for number, place in enumerate(steps, 1):
        yield place, last + number * (until - last) / (len(steps) + 1)
    if lead.end == "won":
        yield winning, lead.since


def _depth(begin: int, end: int, chance: Random) -> int:
    depth = begin
    while depth < end and chance.random() < GOES_ON:
        depth += 1
    return depth
