"""What the tests of the no-intent pool begin with: a policy, who looks after it, and a lead that rests."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clew.access.models import Member, Team
from clew.base.ids import uuid7
from clew.base.outbox import follow
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.resting.actions.leads import TouchIn, touch
from clew.pipeline.resting.actions.policies import RestTerms, set_policy
from clew.pipeline.resting.belt import wake_all
from clew.pipeline.resting.models import Rest, Touch
from clew.web.flow import FACTS
from tests.company import HOT, TESTER, Company, enquire, found
from tests.pipeline.desk import NOON, Desk, holder

DAY = timedelta(days=1)


def facts(now: datetime = NOON) -> None:
    """Let everything follow that has happened."""
    while follow(FACTS, now):
        pass
    wake_all(now)


def policy(
    company: Company,
    team: Team | None = None,
    keepers: tuple[Member, ...] | None = None,
    since: datetime | None = None,
    **terms: Any,
) -> None:
    """Let leads of a team rest when there is no need; the first salesperson looks after them."""
    who = company.people[:1] if keepers is None else keepers
    given = {"ends": ("lost_need", "lost_silent")} | terms
    set_policy(
        team or company.online,
        RestTerms(**given),
        [one.pk for one in who],
        actor=TESTER,
        now=NOON,
        since=since,
    )


def lose(lead_id: UUID, reason: str = "lost_need", now: datetime = NOON) -> None:
    """Let whoever holds a lead end it."""
    close_lead(lead_id, reason=reason, member=holder(lead_id), now=now)
    facts(now)


def rested(number: int = 1) -> Desk:
    """Found a company with one lead that rests since noon, and who lost it."""
    company = found()
    policy(company)
    lead_id = enquire(company.site, name="周建国", phone=f"1381234{number:04d}", **HOT)
    at = Desk(company, lead_id, holder(lead_id))
    lose(lead_id)
    return at


def rest_of(lead_id: UUID) -> Rest:
    return Rest.objects.filter(lead=lead_id).latest("pk")


def place(lead_id: UUID) -> Placement:
    return Placement.objects.select_related("seat").get(lead=lead_id, closed_at=None)


def say(
    lead_id: UUID, result: str, member: Member, *, seen: int | None = None, now: datetime = NOON
) -> Touch:
    """Say what came of a touch, by what stood when it was looked at."""
    count = rest_of(lead_id).touch_count if seen is None else seen
    return touch(lead_id, TouchIn(uuid7(), result, count), member=member, now=now)


def open_leads() -> int:
    return Lead.objects.filter(ended_at=None).count()
