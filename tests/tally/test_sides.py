"""Online against offline: every number opens its leads, and all of it is what a plain recount gives."""

from statistics import quantiles

import pytest
from django.test import Client
from django.urls import reverse

from clew.access.models import Member, Role
from clew.contacts.models import Lead
from clew.handoff.actions.leads import assign
from clew.handoff.actions.seats import join
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.filters import HISTORY, Filter
from clew.tally.numbers import named
from clew.tally.rules import rate
from clew.tally.sides import Side, sides
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, found, member
from tests.pipeline.desk import holder
from tests.tally.histories import live, numbers, opened

pytestmark = pytest.mark.django_db


def compared(viewer: Member, wanted: Filter | None = None) -> dict[str, Side]:
    return {s.code: s for s in sides(viewer, wanted or Filter(), named(viewer))}


@pytest.mark.parametrize("seed", range(3))
def test_every_number_opens_exactly_the_leads_it_counts(seed: int) -> None:
    company, _now = live(seed)
    for viewer in (company.administrator, company.manager):
        old = compared(viewer, Filter(place=HISTORY))
        found_ = set(numbers([*compared(viewer).values(), *old.values()]))
        assert len(found_) == 16
        for number in found_:
            assert opened(viewer, number, as_page=seed == 0) == number.count


@pytest.mark.parametrize("seed", range(2))
def test_it_is_what_a_plain_recount_gives(seed: int) -> None:
    company, _now = live(seed)
    for side in compared(company.administrator).values():
        leads = Lead.objects.filter(source__is_online=side.code == "online", is_history=False)
        closed = Placement.objects.filter(lead__in=leads, closed_at=None, kind="closed")
        won = closed.filter(reason="won").count()
        assert (side.received.count, side.won.count) == (leads.count(), won)
        assert side.of_received == rate(won, leads.count())
        assert side.of_ended == rate(won, closed.count())
        assert side.open.count == leads.count() - closed.count()
        assert side.cost_minor == sum(leads.values_list("cost_minor", flat=True))


def test_cycle_and_ticket_are_those_of_what_was_won_and_cost_is_shared_among_it() -> None:
    company, values = found(), (10_000, 20_000, 40_000, 90_000, None)
    for number, value in enumerate(values):
        lead_id = enquire(company.site, phone=f"1381234{number:04d}", **HOT)
        who = holder(lead_id)
        close_lead(lead_id, reason="won", member=who, now=MONDAY_NOON, value_minor=value)
    enquire(company.site, phone="13812349999", **HOT)
    enquire(company.fair, phone="13812348888", **HOT)
    online, offline = compared(company.administrator).values()
    said = [value for value in values if value is not None]
    assert online.ticket == tuple(round(q) for q in quantiles(said, method="inclusive"))
    assert online.said_count == 4
    assert online.seconds == (0, 0, 0)
    assert online.cost_per_sale == round(6 * 3860 / 5)
    assert (offline.ticket, offline.seconds, offline.cost_per_sale) == (None, None, None)
    assert offline.of_ended.share is None


def test_a_manager_compares_what_their_own_teams_have_alone() -> None:
    company = found()
    boss = member(company.organisation, "boss", Role.MANAGER, company.offline)
    seller = member(company.organisation, "far", Role.SALESPERSON)
    there = join(company.offline.pk, seller.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)
    for number, (seat, value) in enumerate([(company.seats[0], 10_000), (there, 50_000)]):
        lead_id = enquire(company.site, phone=f"1381234{number:04d}", **HOT)
        assign(lead_id, seat_id=seat.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
        close_lead(lead_id, reason="won", member=seat.member, now=MONDAY_NOON, value_minor=value)
    for viewer, value in ((company.manager, 10_000), (boss, 50_000)):
        online, offline = compared(viewer).values()
        assert (online.received.count, online.won.count, online.said_count) == (1, 1, 1)
        assert (online.ticket, online.cost_minor) == ((value,) * 3, company.site.cost_minor)
        assert offline.received.count == 0


@pytest.mark.parametrize(("language", "told"), [("en", "Cost per sale"), ("zh-hans", "每单成本")])
def test_the_page_sets_them_side_by_side(language: str, told: str) -> None:
    company, _now = live(1)
    client = Client(headers={"accept-language": language})
    client.force_login(company.administrator)
    page = client.get(reverse("office:sides") + "?opened=all").text
    assert told in page
    assert "channel=offline" in page
