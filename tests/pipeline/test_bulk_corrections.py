"""Correcting product group and region of many leads, giving many back to the pool, and taking that back."""

from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from clew.access.models import Member
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.contacts.errors import CategoryNotKnown, RegionUnclear, RegionUnknown
from clew.contacts.models import Lead
from clew.handoff.actions import leads as handoff
from clew.handoff.actions import seats
from clew.handoff.models import Seat
from clew.pipeline.actions.fields import correct_facts
from clew.pipeline.actions.leads import plan
from clew.pipeline.bulk.actions import choose, go_on, say, start, undo
from clew.pipeline.bulk.queries import tally
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.errors import BackReasonUnknown
from clew.pipeline.models import BulkEdit, Clock, Task
from clew.web.flow import FACTS
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.pipeline.many import NOW, browser, judged, made, stands

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
CAME = (
    {"category": "减速机", "region": "上海"},
    {"region": "鼓楼区"},
    {"category": "伺服电机", "region": "火星"},
    {},
)


@pytest.fixture
def company() -> Company:
    return found()


def came(company: Company) -> list[UUID]:
    return [
        enquire(company.site, name=f"人{n}", phone=f"1381234{n:04d}", **HOT, **given)
        for n, given in enumerate(CAME)
    ]


def facts(leads: list[UUID]) -> list[tuple[str, str, int | None]]:
    found = Lead.objects.in_bulk(leads)
    return [(found[one].category, found[one].region, found[one].region_code) for one in leads]


def taken_back(viewer: Member, bulk: BulkEdit) -> BulkEdit:
    back = undo(bulk.pk, uuid4(), viewer=viewer, now=LATER)
    go_on(back.pk, now=LATER, most=50)
    return back


@pytest.mark.parametrize(("act", "value"), [("category", "减速机"), ("region", "江苏 南京 鼓楼区")])
def test_each_lead_goes_back_to_exactly_what_it_was(company: Company, act: str, value: str) -> None:
    leads = came(company)
    before = facts(leads)
    bulk = made(company.manager, act, leads, value=value)
    assert {getattr(lead, act) for lead in Lead.objects.all()} == {value}
    assert tally(bulk).left == (act == "category")
    assert tally(taken_back(company.manager, bulk)).left == 0
    assert facts(leads) == before


@pytest.mark.parametrize("seed", range(4))
def test_whatever_others_do_between_an_undo_gives_back_only_what_nobody_touched(
    company: Company, seed: int
) -> None:
    leads, chance = came(company), Random(seed)
    before = dict(zip(leads, facts(leads), strict=True))
    bulk = made(company.manager, "region", leads, value="江苏 苏州 昆山")
    touched = set(chance.sample(leads, chance.randint(0, len(leads))))
    for lead_id in touched:
        correct_facts([lead_id], {"region": "杭州"}, member=company.manager, now=LATER)
    back = taken_back(company.manager, bulk)
    expected = [("浙江 杭州" if one in touched else before[one][1]) for one in leads]
    assert [region for _, region, _ in facts(leads)] == expected
    assert dict(tally(back).reasons) == ({"values_changed": len(touched)} if touched else {})


def test_what_somebody_corrected_after_the_preview_is_left_and_named(company: Company) -> None:
    leads = came(company)
    bulk = judged(company.manager, "region", leads, value="上海")
    assert dict(tally(bulk).reasons) == {"holds_already": 1}
    correct_facts([leads[1]], {"region": "杭州"}, member=company.manager, now=NOW)
    start(bulk.pk, viewer=company.manager, now=NOW)
    go_on(bulk.pk, now=NOW, most=50)
    assert dict(tally(bulk).reasons) == {"holds_already": 1, "values_changed": 1}
    page = browser(company.manager).get(reverse("pipeline:bulk", args=[bulk.pk])).text
    assert "Somebody has changed it meanwhile" in page
    assert "人1" in page


@pytest.mark.parametrize(
    ("act", "terms", "error"),
    [
        ("category", {"value": "没有这种"}, CategoryNotKnown),
        ("category", {}, CategoryNotKnown),
        ("region", {"value": "火星"}, RegionUnknown),
        ("region", {"value": "鼓楼区"}, RegionUnclear),
        ("pool", {"reason": "turn"}, BackReasonUnknown),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_lead_is_judged(
    company: Company, act: str, terms: dict[str, object], error: type[Exception]
) -> None:
    bulk = choose(uuid4(), act, viewer=company.manager, now=NOW, lead_ids=came(company))
    with pytest.raises(error):
        say(bulk.pk, Terms(**terms), viewer=company.manager, now=NOW)  # type: ignore[arg-type]


def test_the_pages_lead_from_what_people_write_to_the_change(company: Company) -> None:
    leads, client = came(company), browser(company.manager)
    bulk = choose(uuid4(), "region", viewer=company.manager, now=NOW, lead_ids=leads)
    path = reverse("pipeline:bulk", args=[bulk.pk])
    assert "“鼓楼区” is in several places" in client.post(path, {"region": "鼓楼区"}).text
    assert client.post(path, {"region": "江苏昆山"}).status_code == 302
    assert "Region: 江苏 苏州 昆山" in client.get(path).text
    assert "Would change 4 of 4" in client.get(path).text
    client.post(reverse("pipeline:start_bulk", args=[bulk.pk]))
    assert {code for _, _, code in facts(leads)} == {320583}


def test_a_salesperson_corrects_and_gives_back_only_what_is_theirs(company: Company) -> None:
    leads = came(company)
    mine = [one for one in leads if stands(one).seat_id == company.seats[0].pk]
    me = company.people[0]
    assert tally(made(me, "region", leads, value="江苏 苏州 昆山")).whole == len(mine)
    bulk = made(me, "pool", leads, reason="no_time")
    assert {stands(one).kind for one in mine} == {"pool"}
    assert all(stands(one).kind == "person" for one in leads if one not in mine)
    assert tally(taken_back(me, bulk)).done == len(mine)
    assert {stands(one).seat_id for one in mine} == {company.seats[0].pk}


def test_what_went_to_the_pool_comes_back_with_its_clock_or_its_next_step(company: Company) -> None:
    leads = came(company)
    planned, *others = leads
    holder = Member.objects.get(seats__placements__lead=planned)
    Clock.objects.filter(lead=planned).update(stopped_at=MONDAY_NOON)
    plan(planned, NOW + timedelta(days=2), member=holder, now=NOW)
    had = [stands(one).seat_id for one in leads]
    running = set(Clock.objects.filter(stopped_at=None).values_list("pk", flat=True))
    bulk = made(company.manager, "pool", leads, reason="no_time")
    while follow(FACTS, NOW):
        pass
    assert not Clock.objects.filter(stopped_at=None).exists()
    taken_back(company.manager, bulk)
    assert [stands(one).seat_id for one in leads] == had
    kept = Clock.objects.filter(lead__in=others, stopped_at=None).values_list("pk", flat=True)
    assert set(kept) == running
    assert Task.objects.get(done_at=None).due_at == NOW + timedelta(days=2)
    assert sum(Seat.objects.values_list("open_count", flat=True)) == len(leads)


def test_what_somebody_claimed_meanwhile_is_not_taken_from_them(company: Company) -> None:
    leads = came(company)
    bulk = made(company.manager, "pool", leads, reason="no_time")
    claimer = next(p for p in company.seats if p.pk != stands(leads[0]).seat_id)
    handoff.claim(leads[0], member=claimer.member, now=NOW)
    back = taken_back(company.manager, bulk)
    assert stands(leads[0]).seat_id == claimer.pk
    assert dict(tally(back).reasons) == {"lead_moved": 1}


def test_who_has_left_gets_nothing_back_from_the_pool(company: Company) -> None:
    leads = came(company)[:1]
    had = stands(leads[0]).seat_id or 0
    bulk = made(company.manager, "pool", leads, reason="no_time")
    seats.leave(had, actor=TESTER, now=NOW)
    back = taken_back(company.manager, bulk)
    assert dict(tally(back).reasons) == {"seat_missing": 1}
    assert stands(leads[0]).reason == "no_time"


def test_pooled_and_closed_leads_are_not_given_back_again(company: Company) -> None:
    leads = came(company)
    handoff.to_pool(leads[0], team_id=company.online.pk, actor=TESTER, now=NOW, reason="grade")
    handoff.close(leads[1], reason="won", actor=TESTER, now=NOW)
    bulk = made(company.manager, "pool", leads, reason="stuck")
    assert dict(tally(bulk).reasons) == {"pooled_already": 1, "closed_already": 1}
    pooled = Entry.objects.filter(name="LeadPooled", actor_id=str(company.manager.pk))
    assert {entry.subject for entry in pooled} == set(leads[2:])
