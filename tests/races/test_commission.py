"""Commission under several hands: one line per change, one closing per month, one newest plan."""

from datetime import timedelta

import pytest

from clew.access.models import Member
from clew.base.models import Entry
from clew.handoff.actions import leads as handoff
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.commission.actions.booking import settle
from clew.pipeline.commission.actions.months import close_month
from clew.pipeline.commission.actions.plans import Edition, publish
from clew.pipeline.commission.errors import PlanMoved
from clew.pipeline.commission.models import Closing, Deal, Line, Plan
from clew.pipeline.commission.rules import ONLINE, Account, change
from clew.pipeline.commission.wins import terms_of
from tests.company import HOT, MONDAY_NOON, TESTER, enquire
from tests.pipeline.commission.steps import DECEMBER, IN_DECEMBER, NOVEMBER, company
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_books_at_once_books_each_change_once_and_one_account_after_the_other() -> None:
    at = company()
    leads = [enquire(at.site, phone=f"1381234{n:04d}", **HOT) for n in range(6)]
    for number, lead_id in enumerate(leads):
        now = MONDAY_NOON + timedelta(minutes=number)
        seat = at.seats[0].pk
        handoff.assign(lead_id, seat_id=seat, actor=TESTER, now=now, reason="by_hand")
        close_lead(lead_id, reason="won", member=at.people[0], now=now, value_minor=400_000)
    assert not at_once(*(lambda i=i: settle([leads[i % 6]], MONDAY_NOON) for i in range(12)))
    assert Deal.objects.count() == Line.objects.count() == 6
    running = 0
    for line in Line.objects.order_by("base_before"):
        assert line.base_before == running
        before = Account(line.base_before, line.fixed_before)
        after = before.plus(line.base_minor, line.fixed_minor)
        assert change(terms_of(line.plan), before, after) == line.amount_minor
        running += line.base_minor


def test_two_who_close_a_month_at_once_close_it_once() -> None:
    at = company()

    def close(who: Member) -> None:
        close_month(at.online.pk, NOVEMBER, member=who, now=IN_DECEMBER)

    assert not at_once(*(lambda w=w: close(w) for w in (at.manager, at.administrator) * 3))
    assert Closing.objects.count() == Entry.objects.filter(name="MonthClosed").count() == 1


def test_of_two_who_publish_at_once_one_is_told() -> None:
    at = company()

    def write() -> None:
        publish(at.online.pk, Edition(ONLINE, DECEMBER, 1), member=at.manager, now=MONDAY_NOON)

    raised = at_once(write, write, write)
    assert [type(one) for one in raised] == [PlanMoved, PlanMoved]
    assert Plan.objects.count() == 2
