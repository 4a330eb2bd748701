"""Which leads a filter finds, in which order, and that pages by key show each lead once."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet

from clew.access.models import Role
from clew.contacts.models import Lead
from clew.grading import actions as grading
from clew.handoff.models import Placement
from clew.pipeline import leads as lists
from clew.pipeline import matching as finding
from clew.pipeline.actions.leads import close_lead, plan
from clew.pipeline.filters import Filter, read
from clew.pipeline.leads import leads
from clew.pipeline.matching import ORDERS
from clew.pipeline.naming import names, said
from clew.pipeline.stages import ended
from tests.company import COLD, HOT, MONDAY_NOON, Company, enquire, found, member
from tests.pipeline.desk import NOON, Desk, desk, holder

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def at() -> Desk:
    return desk()


def shown(at: Desk, wanted: Filter) -> list[UUID]:
    viewer = at.company.administrator
    return [row.lead_id for row in leads(viewer, wanted.settled(viewer, TODAY)).rows]


@pytest.mark.parametrize(
    ("parts", "is_in"),
    [
        ({"region": "江苏"}, True),
        ({"region": "jiangsu"}, True),
        ({"region": "320583"}, True),
        ({"region": "广东"}, False),
        ({"category": "伺服"}, True),
        ({"category": "PLC"}, False),
        ({"opened": "today"}, True),
        ({"since": "2026-11-23", "until": "2026-11-23"}, True),
        ({"since": "2026-11-24"}, False),
        ({"until": "2026-11-22"}, False),
        ({"end": "won"}, False),
    ],
)
def test_a_part_of_the_filter_finds_what_it_says(parts: dict[str, str], *, is_in: bool) -> None:
    company = found()
    lead_id = enquire(
        company.site, name="周建国", phone="13812345678", region="江苏昆山", category="伺服", **HOT
    )
    assert (lead_id in shown(Desk(company, lead_id, company.people[0]), Filter(**parts))) is is_in


@pytest.mark.parametrize(
    "parts",
    [
        {"grade": "x"},
        {"grade": "9" * 40},
        {"team": "1; drop table"},
        {"team": "9" * 40},
        {"holder": "²"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"end": "nonsense"},
        {"place": "nowhere"},
        {"source": "gone"},
        {"batch": "x"},
    ],
)
def test_what_cannot_be_read_or_is_gone_finds_nothing_rather_than_everything(
    at: Desk, parts: dict[str, str]
) -> None:
    assert shown(at, Filter(**parts)) == []
    told = said(Filter(**parts), names(at.company.administrator))
    assert all(one.is_gone for one in told if one.part not in {"batch", "until"})


def test_a_period_that_nobody_settled_finds_nothing(at: Desk) -> None:
    assert leads(at.company.administrator, Filter(opened="7d")).rows == []


def test_me_is_whoever_reads(at: Desk) -> None:
    other = next(p for p in at.company.people if p != at.holder)
    mine = Filter(holder="me")
    assert leads(at.holder, mine.settled(at.holder, TODAY)).rows
    assert leads(at.company.manager, mine.settled(at.company.manager, TODAY)).rows == []
    assert leads(other, Filter(holder=str(at.holder.pk))).rows == []


def test_a_team_and_an_end_are_found(at: Desk) -> None:
    team = Filter(team=str(at.company.online.pk))
    assert shown(at, team) == [at.lead_id]
    assert shown(at, Filter(team=str(at.company.offline.pk))) == []
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    assert shown(at, Filter(end="won")) == [at.lead_id]
    assert shown(at, Filter(end="lost_price")) == []


def test_names_of_other_teams_are_not_told(at: Desk) -> None:
    stranger = member(at.company.organisation, "far", Role.SALESPERSON, at.company.offline)
    wanted = Filter(team=str(at.company.online.pk), holder=str(at.holder.pk))
    told = said(wanted, names(stranger))
    assert [one.is_gone for one in told] == [True, True]
    assert not any(at.holder.name in one.words for one in told)


def many(number: int) -> tuple[Company, list[UUID]]:
    """Let leads come in that differ in all that a list may be ordered by, and that tie in some."""
    company = found(weights=(1,), capacity=200)
    made = []
    for n in range(number):
        given = {"name": f"人{n % 3}", "company": f"厂{n % 4}"} | (HOT if n % 2 else COLD)
        came = MONDAY_NOON + timedelta(seconds=n // 3)
        made.append(
            enquire(company.site, came, phone=f"138{n:08d}", **(given | {"name": f"人{n % 3}"}))
        )
    return company, made


@pytest.mark.parametrize("sort", list(ORDERS))
def test_every_order_shows_each_lead_once_over_its_pages(
    sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 4)
    company, made = many(11)
    held = next(one for one in made if leads(company.people[0], Filter(place="person")).rows)
    person = [row.lead_id for row in leads(company.administrator, Filter(place="person")).rows]
    if person:
        plan(person[0], NOON + timedelta(days=2), member=holder(person[0]), now=NOON)
    assert held
    pages, after = [], ""
    while True:
        page = leads(company.administrator, Filter(sort=sort, after=after))
        pages += [row.lead_id for row in page.rows]
        after = page.after
        if not after:
            break
    assert sorted(pages) == sorted(made)
    order = ORDERS[sort]
    values = dict(Lead.objects.annotate(by=order.by).values_list("pk", "by"))
    in_turn = [(values[pk], pk) for pk in pages]
    assert in_turn == sorted(in_turn, reverse=order.is_falling)


def test_a_key_holds_nothing_that_somebody_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    company, _made = many(4)
    after = leads(company.administrator, Filter(sort="name")).after
    assert UUID(after.removeprefix("_"))


def test_a_lead_that_is_gone_as_key_begins_at_the_start(at: Desk) -> None:
    for after in ("_" + str(UUID(int=1)), "_x", "x"):
        assert shown(at, Filter(sort="name", after=after)) == [at.lead_id]


def test_too_many_leads_for_an_order_come_as_they_came_in(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SORTED_AT_MOST", 0)
    assert leads(at.company.administrator, Filter(sort="name")).is_unsorted
    assert not leads(at.company.administrator, Filter(sort="oldest")).is_unsorted


def test_the_best_grade_is_first_whatever_the_points(at: Desk) -> None:
    cold = enquire(at.company.site, name="冷", phone="13900000000", **COLD)
    assert shown(at, Filter(sort="best")) == [at.lead_id, cold]
    manager = at.company.manager
    grading.override(at.lead_id, 1, "空号", member=manager, now=NOON)
    grading.override(cold, 3, "认识", member=manager, now=NOON)
    assert shown(at, Filter(sort="best")) == [cold, at.lead_id]


def test_an_address_is_read_short_and_without_control_characters() -> None:
    wanted = read({"q": "a\0b\n" + "x" * 500, "place": "pool", "other": "y"})
    assert wanted.q == "ab" + "x" * 96
    assert wanted.address() == "?" + "&".join(["place=pool", f"q={wanted.q}"])
    assert Filter(after="x").address() == "?view="


def expected(found: QuerySet[Any]) -> int:
    """Give how many rows the planner expects."""
    (told,) = re.findall(r"rows=(\d+)", found.explain().splitlines()[0])
    return int(told)


def test_the_planner_knows_how_usual_a_product_group_and_an_end_are(at: Desk) -> None:
    """Else it reads all leads for what it takes to be rare, and sorts what it takes to be few."""
    site = at.company.site
    made = [enquire(site, phone=f"1390000{n:04d}", category="伺服", **HOT) for n in range(40)]
    for lead_id in made[:30]:
        close_lead(lead_id, reason="won", member=holder(lead_id), now=NOON)
    with connection.cursor() as cursor:
        cursor.execute("analyze contacts_lead, handoff_placement")
    places = Placement.objects.filter(closed_at=None).filter(ended("won"))
    assert expected(places) == 30
    assert expected(Lead.objects.filter(category__iexact="伺服")) == 40
