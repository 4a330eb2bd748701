"""The last ninety days of 启衡工控, lived through in simulated time by the belt and the actions of the product."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from clew.access.models import Organisation
from clew.base.outbox import follow
from clew.capture.actions.leads import receive
from clew.capture.actions.rejections import keep
from clew.capture.models import Form
from clew.capture.rejections import Doorway
from clew.capture.rules import encode
from clew.capture.schemas import LeadIn
from clew.contacts.belt.suspecting import search
from clew.handoff.actions.leads import claim
from clew.handoff.models import Placement
from clew.web.demo.company import DEMO, send_home
from clew.web.demo.deeds import do
from clew.web.demo.plots import Start, Step, plot, workday
from clew.web.demo.stories import again, may_have_twin, twin, write
from clew.web.demo.travels import retell
from clew.web.flow import FACTS, keep_clocks, tick
from clew.web.worker import run_belt_once

DAYS = 90
WELL_RUN_FOR = timedelta(days=30)
SLOTS = (time(9, 35), time(14, 10), time(20, 20))
ONLINE = ("site", "site", "baidu", "baidu", "baidu", "douyin", "douyin", "1688", "1688")
OFFLINE = ("referral", "referral", "fair")
WARMTH = {"hot": 0.3, "warm": 0.45, "cold": 0.25}
WARMTH_OFFLINE = {"hot": 0.6, "warm": 0.4, "cold": 0.0}
# Minutes before now, source and warmth of what has come in since the last calls were made.
TODAY = (
    (170, "1688", "cold"),
    (140, "fair", "warm"),
    (118, "baidu", "warm"),
    (75, "douyin", "cold"),
    (54, "1688", "warm"),
    (49, "site", "warm"),
    (33, "baidu", "warm"),
    (26, "referral", "hot"),
    (12, "baidu", "hot"),
    (9, "site", "hot"),
    (7, "site", "hot"),
    (6, "1688", "hot"),
    (4, "douyin", "warm"),
    (3, "site", "hot"),
    (2, "baidu", "warm"),
    (1, "site", "hot"),
)
ANALYZED_EVERY = 12
TWINS_AT, TWINS = 20, 0.3  # on how many evenings somebody writes whom nobody recognises
UNREACHABLE = LeadIn(source="site", phone="总机转 80210 找周经理", message="变频器 5.5kW 两台")


@dataclass
class Story:
    """What has been told so far, and the steps that are still to come."""

    now: datetime
    seed: int
    written: list[LeadIn] = field(default_factory=list)
    ahead: list[tuple[datetime, int, UUID, Step]] = field(default_factory=list)
    steps: int = 0
    twins: int = 0

    def chance(self, of: str = "") -> Random:
        """Give the dice of the next lead, so that no lead's fate hangs on another's."""
        return Random(f"{self.seed}:{of}{len(self.written)}")  # noqa: S311  a story, not a secret

    def plan(self, lead_id: UUID, step: Step) -> None:
        """Keep a step for later, unless it lies in the future."""
        self.steps += 1
        if step.at < self.now:
            heapq.heappush(self.ahead, (step.at, self.steps, lead_id, step))


def live_through(now: datetime, seed: int, days: int = DAYS) -> int:
    """Let the days pass, then today. Returns how many submissions came in."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    story = Story(local, seed)
    for number, moment in enumerate(_moments(local, days)):
        if number % ANALYZED_EVERY == 1:
            _analyze()
        _work_off(story, moment)
        _arrive(story, moment, _crowd(story, moment))
        tick(moment)
        _keep_clocks(moment)
    _work_off(story, local - timedelta(minutes=180))
    send_home()
    _spend_today(story)
    _settle_facts(now)
    retell(now, seed)
    # nobody else writes: today's entries count as settled
    while search(now + timedelta(minutes=1)):
        pass
    return len(story.written) + story.twins


def _moments(now: datetime, days: int) -> Iterator[datetime]:
    first = now - timedelta(days=days)
    for day in range(days):
        date = (first + timedelta(days=day)).date()
        for slot in SLOTS:
            moment = datetime.combine(date, slot, now.tzinfo)
            if moment < now - timedelta(hours=4):
                yield moment


def _crowd(story: Story, at: datetime) -> list[LeadIn]:
    """Invent who writes at this time of the day; some write again."""
    leads = []
    is_sunday = at.weekday() == 6
    for _ in range(2 if is_sunday else 3 + (at.hour == 14)):
        leads.append(_write(story, ONLINE, WARMTH))
    if not is_sunday and at.hour == 14:
        leads.append(_write(story, OFFLINE, WARMTH_OFFLINE))
    chance = story.chance()
    if len(story.written) > 20 and chance.random() < 0.25:
        leads.append(again(chance, chance.choice(story.written[-20:-3])))
        story.written.append(leads[-1])
    if at.hour == TWINS_AT and (known := list(filter(may_have_twin, story.written[-40:-3]))):
        chance = story.chance("twin")
        if chance.random() < TWINS:
            leads.append(twin(chance, chance.choice(known)))
            story.twins += 1
    return leads


def _write(story: Story, sources: tuple[str, ...], warmths: dict[str, float]) -> LeadIn:
    chance = story.chance()
    warmth = chance.choices(list(warmths), list(warmths.values()))[0]
    lead = write(chance, chance.choice(sources), warmth)
    story.written.append(lead)
    return lead


def _arrive(story: Story, at: datetime, leads: list[LeadIn]) -> None:
    """Receive leads, let the belt handle them and decide how each that it placed goes on."""
    receive(leads, channel="api", actor=DEMO, evidence={"channel": "demo"}, now=at)
    while run_belt_once(at):
        pass
    placed = Placement.objects.select_related("lead__source").filter(opened_at=at, closed_at=None)
    for number, placement in enumerate(placed.order_by("id")):
        chance = Random(f"{story.seed}:{len(story.written)}:{number}")  # noqa: S311
        _go_on(story, chance, placement, at)


def _go_on(story: Story, chance: Random, placement: Placement, at: datetime) -> None:
    if placement.kind == Placement.Kind.PERSON:
        source = placement.lead.source.key
        is_well_run = story.now - at < WELL_RUN_FOR
        for step in plot(chance, Start(source, source in ONLINE, is_well_run, at)):
            story.plan(placement.lead_id, step)
    elif chance.random() < 0.75:
        story.plan(
            placement.lead_id, Step(workday(chance, at, chance.randint(20, 40)), end="lost_silent")
        )


def _work_off(story: Story, until: datetime) -> None:
    """Do what was planned up to a moment; each lead at most once at a time."""
    while story.ahead and story.ahead[0][0] < until:
        batch: dict[UUID, Step] = {}
        while story.ahead and story.ahead[0][0] < until and story.ahead[0][2] not in batch:
            _, _, lead_id, step = heapq.heappop(story.ahead)
            batch[lead_id] = step
        do(list(batch.items()))


def _spend_today(story: Story) -> None:
    """Fill the last three hours: clocks that run, some out, people who write again, one whom nobody can reach."""
    for minutes, source, warmth in TODAY:
        at = story.now - timedelta(minutes=minutes)
        lead = write(story.chance(), source, warmth)
        story.written.append(lead)
        receive([lead], channel="api", actor=DEMO, evidence={"channel": "demo"}, now=at)
        while run_belt_once(at):
            pass
    at = story.now - timedelta(minutes=5)
    chance = story.chance()
    known = list(filter(may_have_twin, story.written[-len(TODAY) :]))
    dice = story.chance("twin")
    strangers = [twin(dice, dice.choice(known))] if known else []
    receive(strangers, channel="api", actor=DEMO, evidence={"channel": "demo"}, now=at)
    story.twins += len(strangers)
    twice = [again(chance, lead) for lead in story.written[-40:-24:8]]
    receive(twice, channel="api", actor=DEMO, evidence={"channel": "demo"}, now=at)
    story.written += twice
    page = Form.objects.get(organisation__in=Organisation.objects.exclude(demo_accounts=[]))
    door = Doorway({"channel": "demo"}, at, form=page.pk)
    keep(encode(UNREACHABLE), "fields_wrong", [], at=door, name="demo")
    while run_belt_once(at):
        pass
    _claim_one(at)
    _keep_clocks(story.now)


def _keep_clocks(now: datetime) -> None:
    while keep_clocks(now):
        pass


def _claim_one(at: datetime) -> None:
    """Let somebody take a lead from the pool."""
    pooled = Placement.objects.filter(
        kind=Placement.Kind.POOL, closed_at=None, team__method__side="online"
    ).order_by("-opened_at")
    taken = pooled.first()
    seat = (
        taken.team.seats.select_related("member").get(member__username="sun")
        if taken and taken.team
        else None
    )
    if taken and seat:
        claim(taken.lead_id, member=seat.member, now=at)


def _analyze() -> None:
    """Let the planner know that the tables have grown: all of it is one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """analyze contacts_lead, contacts_repeat, handoff_placement, grading_grade, pipeline_clock,
              pipeline_task, pipeline_call, base_entry, base_outbox, base_followed"""
        )


def _settle_facts(now: datetime) -> None:
    """Let the followers of all facts run, so that the worker starts with an empty outbox."""
    while follow(FACTS, now):
        pass
