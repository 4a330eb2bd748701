"""A company in which, over a few days, anything that may happen to leads happens, in a drawn order."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from random import Random
from urllib.parse import parse_qsl
from uuid import UUID

from django.utils import timezone

from clew.access.models import Member, Role
from clew.base.ids import uuid7
from clew.base.outbox import follow
from clew.capture.schemas import Outcome
from clew.contacts.models import Lead
from clew.errors import ClewError
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.seats import join
from clew.handoff.models import Placement, Seat
from clew.handoff.queries import visible_leads
from clew.pipeline.actions.leads import ENDS, CallIn, close_lead, log_call
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.filters import read
from clew.pipeline.leads import leads
from clew.pipeline.matching import matching
from clew.pipeline.models import Call
from clew.pipeline.saved.queries import look
from clew.tally.numbers import Number
from clew.web.flow import FACTS
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found, member, record

STEPS = (2, 3, 4, 20, 50, 180, 700)  # minutes, within and across the bands


def live(
    seed: int, steps: int = 40, meanwhile: Callable[[Company], object] = bool
) -> tuple[Company, datetime]:
    """Let leads come in, and people do what they may, by chance. Returns when it ends."""
    dice = Random(seed)
    company = found(weights=(1, 1), capacity=20)
    member(company.organisation, "far", Role.MANAGER, company.offline)
    seller = member(company.organisation, "fairman", Role.SALESPERSON)
    join(company.offline.pk, seller.pk, weight=1, capacity=20, actor=TESTER, now=MONDAY_NOON)
    now = MONDAY_NOON
    for number in range(steps):
        now += timedelta(minutes=dice.choice(STEPS))
        go_on(now)
        _step(company, dice, number, now)
        while follow(FACTS, now):
            pass
        meanwhile(company)
    return company, now


def _step(company: Company, dice: Random, number: int, now: datetime) -> None:
    ids = list(Lead.objects.order_by("-ended_at", "pk").values_list("pk", flat=True)[:12])
    if number < 6 or dice.random() < 0.3:
        _arrive(company, dice, number, now)
        return
    try:
        _act(company, dice, dice.choice(ids), now)
    except ClewError:
        return


def _arrive(company: Company, dice: Random, number: int, now: datetime) -> None:
    source = dice.choice([company.site, company.site, company.fair])
    phone = f"138{dice.randint(0, 30):08d}"
    if dice.random() < 0.15:
        ended = Outcome(result=dice.choice(["won", "lost", ""]))
        record(source, ended, now, phone=phone, occurred_at=now - timedelta(days=3))
        return
    enquire(source, now, phone=phone, name=f"人{number}", **dice.choice([HOT, HOT, COLD]))


def _act(company: Company, dice: Random, lead_id: UUID, now: datetime) -> None:
    boss = company.administrator
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    if stands.kind == Placement.Kind.POOL and dice.random() < 0.8:
        seats = Seat.objects.filter(team=stands.team_id or company.online.pk).order_by("pk")
        handoff.claim(lead_id, member=dice.choice(list(seats)).member, now=now)
    deed = dice.choice([*["call"] * 12, "close", "pool", "reopen", "shut"])
    if deed == "call":
        result = dice.choice(list(Call.Result))
        call = CallIn(
            uuid7(), result, next_at=now + timedelta(hours=3), is_last=dice.random() < 0.2
        )
        log_call(lead_id, call, member=boss, now=now)
    elif deed == "close":
        close_lead(lead_id, reason=dice.choice(ENDS), member=boss, now=now)
    elif deed == "pool":
        team = dice.choice([company.online.pk, company.offline.pk, None])
        handoff.to_pool(lead_id, team_id=team, actor=TESTER, now=now, reason="by_hand")
    elif deed == "reopen":
        handoff.reopen(lead_id, actor=TESTER, now=now)
    else:
        handoff.close(lead_id, reason="won", actor=TESTER, now=now)


def numbers(report: object) -> Iterator[Number]:
    """Find every number of a report, however deep."""
    if isinstance(report, Number):
        yield report
    elif isinstance(report, (list, tuple)):
        for one in report:
            yield from numbers(one)
    elif is_dataclass(report):
        for field in fields(report):
            yield from numbers(getattr(report, field.name))


def opened(viewer: Member, number: Number, *, as_page: bool = True) -> int:
    """Open the address of a number: count the rows that the page of the list shows, or all that fit."""
    query = dict(parse_qsl(number.address.removeprefix("?"), keep_blank_values=True))
    if as_page:
        wanted = look(viewer, query).wanted.settled(viewer, timezone.localdate())
        return len(leads(viewer, wanted).rows)
    wanted = read(query).settled(viewer, timezone.localdate())
    return matching(visible_leads(viewer), wanted).count()
