"""A company with a plan, and what happens in it."""

from datetime import date, datetime, timedelta
from uuid import UUID

from clew.base.outbox import follow
from clew.handoff.actions import leads as handoff
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.commission.actions.plans import Edition, publish
from clew.pipeline.commission.rules import Basis, Terms, Tier
from clew.web.flow import FACTS
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
IN_DECEMBER = MONDAY_NOON + timedelta(days=20)
IN_JANUARY = MONDAY_NOON + timedelta(days=50)
TWO_TIERS = Terms(Basis.VALUE, (Tier(0, 100), Tier(1_000_000, 200)), per_deal_minor=2_000)


def company(terms: Terms = TWO_TIERS) -> Company:
    made = found()
    publish(made.online.pk, Edition(terms, NOVEMBER, 0), member=made.manager, now=MONDAY_NOON)
    return made


def win(
    at: Company, number: int, value: int | None, now: datetime = MONDAY_NOON, *, by: int = 0
) -> UUID:
    """Let a person win a lead, and what follows happen."""
    lead_id = enquire(at.site, now, phone=f"1381234{number:04d}", **HOT)
    handoff.assign(lead_id, seat_id=at.seats[by].pk, actor=TESTER, now=now, reason="by_hand")
    who = at.people[by]
    close_lead(lead_id, reason="won", member=who, now=now, value_minor=value)
    followed(now)
    return lead_id


def followed(now: datetime) -> None:
    while follow(FACTS, now + timedelta(seconds=1)):
        pass


def reopen(lead_id: UUID, now: datetime) -> None:
    handoff.reopen(lead_id, actor=TESTER, now=now)
    followed(now)
