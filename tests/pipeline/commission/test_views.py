"""The pages of commission: whose month, of what it consists, plans and statements."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from clew.access.models import Member, Role
from clew.base.models import Entry
from clew.handoff.actions.seats import join
from clew.handoff.pools.actions import share_credit
from clew.pipeline.commission.actions.plans import Edition, publish
from clew.pipeline.commission.models import Closing, Line, Plan
from clew.pipeline.commission.queries import months_with_lines
from tests.company import MONDAY_NOON, TESTER, Company, found, member
from tests.pipeline.commission.steps import (
    DECEMBER,
    IN_DECEMBER,
    NOVEMBER,
    TWO_TIERS,
    company,
    followed,
    reopen,
    win,
)

pytestmark = pytest.mark.django_db

PLAN = {
    "valid_from": "2026-12-01", "basis": "value", "method": "whole", "seen": "1", "per_deal": "",
    "cap": "5000", "from_0": "0", "rate_0": "1.5", "from_1": "100000", "rate_1": "2",
}  # fmt: skip


@pytest.fixture(autouse=True)
def noon() -> Iterator[object]:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def browser(who: Member, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(who)
    return client


def plan_page(at: Company) -> str:
    return reverse("commission:plan", args=[at.online.pk])


def statement(at: Company, who: Member, kind: str, *, by: Member | None = None) -> bytes:
    sent = {"month": "2026-11", "team": str(at.online.pk), "format": kind}
    address = reverse("commission:statement", args=[who.pk])
    answer = browser(by or who).post(address, sent)
    assert answer.status_code == 200
    return answer.content


def test_a_salesperson_sees_the_running_month_and_where_each_line_comes_from() -> None:
    at = company()
    win(at, 1, 600_000)
    win(at, 2, 600_000)
    page = browser(at.people[0]).get(reverse("commission:month")).text
    assert "¥180.00" in page
    assert "2 deals" in page
    assert "¥6,000.00 → ¥12,000.00" in page
    assert "¥4,000.00 at 1 %" in page
    assert "¥2,000.00 at 2 %" in page
    assert "recomputed: the same" in page
    assert "recomputed: not the same" not in page


def test_it_speaks_chinese_too() -> None:
    at = company()
    reopen(win(at, 1, 600_000), MONDAY_NOON)
    page = browser(at.people[0], "zh-hans").get(reverse("commission:month")).text
    assert "重新打开" in page
    assert "−¥80.00" in page
    assert "每段" not in page
    assert "各档分段算" in page


def test_colleagues_do_not_see_each_others_month_and_managers_only_that_of_their_teams() -> None:
    at = company()
    win(at, 1, 600_000)
    address = reverse("commission:member", args=[at.people[0].pk])
    assert browser(at.people[1]).get(address).status_code == 403
    assert "¥80.00" in browser(at.manager).get(address).text
    boss = member(at.organisation, "boss", Role.MANAGER, at.offline)
    assert browser(boss).get(address).status_code == 404
    taken = reverse("commission:statement", args=[at.people[0].pk])
    sent = {"month": "2026-11", "team": str(at.online.pk), "format": "pdf"}
    assert browser(at.people[1]).post(taken, sent).status_code == 404
    assert browser(boss).post(taken, sent).status_code == 404


def test_of_who_sells_with_two_teams_a_manager_sees_the_month_with_their_own_alone() -> None:
    at = company()
    publish(at.offline.pk, Edition(TWO_TIERS, NOVEMBER, 0), member=at.manager, now=MONDAY_NOON)
    boss, both = member(at.organisation, "boss", Role.MANAGER, at.offline), at.people[0]
    there = join(at.offline.pk, both.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)
    at.seats.append(there)
    win(at, 1, 600_000)
    win(at, 2, 100_000, by=at.seats.index(there))
    page = browser(boss).get(reverse("commission:member", args=[both.pk])).text
    assert "¥30.00" in page
    assert "¥80.00" not in page
    assert at.online.name not in page
    taken = reverse("commission:statement", args=[both.pk])
    for team, status in ((at.offline, 200), (at.online, 404)):
        sent = {"month": "2026-11", "team": str(team.pk), "format": "xlsx"}
        assert browser(boss).post(taken, sent).status_code == status


def test_a_manager_sees_months_and_plans_of_the_teams_they_lead_alone() -> None:
    at = company()
    boss = member(at.organisation, "boss", Role.MANAGER, at.offline)
    win(at, 1, 600_000)
    for name in ("month", "plans"):
        page = browser(boss).get(reverse(f"commission:{name}")).text
        assert at.offline.name in page
        assert at.online.name not in page
    assert browser(boss).get(plan_page(at)).status_code == 404
    assert months_with_lines(boss, IN_DECEMBER) == [DECEMBER]
    assert months_with_lines(at.manager, IN_DECEMBER) == [DECEMBER, NOVEMBER]
    with time_machine.travel(IN_DECEMBER, tick=False):
        address = reverse("commission:close", args=[at.online.pk])
        assert browser(boss).post(address, {"month": "2026-11"}).status_code == 404
    assert not Closing.objects.exists()


def test_a_shared_deal_pays_each_their_part_and_the_parts_sum() -> None:
    at = company()
    lead_id = win(at, 1, 100_001)
    parts = [(at.people[0].pk, 60), (at.people[1].pk, 40)]
    share_credit(lead_id, parts, member=at.manager, now=MONDAY_NOON)
    followed(MONDAY_NOON)
    base = {
        m.pk: sum(Line.objects.filter(member=m).values_list("base_minor", flat=True))
        for m in at.people
    }
    assert (base[at.people[0].pk], base[at.people[1].pk]) == (60_001, 40_000)
    assert Line.objects.filter(cause="share").count() == 2
    page = browser(at.people[1]).get(reverse("commission:month")).text
    assert "40 %" in page
    assert "Credit shared otherwise" in page


def test_the_teams_month_sums_and_says_which_deals_wait_for_a_value() -> None:
    at = company()
    win(at, 1, 600_000)
    win(at, 2, None, by=1)
    page = browser(at.manager).get(reverse("commission:month")).text
    assert "1 deal waits" in page
    assert "¥100.00" in page
    assert "Close the month" not in page


def test_a_month_that_is_over_is_closed_from_its_page() -> None:
    at = company()
    win(at, 1, 600_000)
    address, sent = reverse("commission:close", args=[at.online.pk]), {"month": "2026-11"}
    assert browser(at.manager).post(address, sent).status_code == 409
    with time_machine.travel(IN_DECEMBER, tick=False):
        page = browser(at.manager).get(reverse("commission:month") + "?month=2026-11").text
        assert "Close the month" in page
        first = browser(at.manager).post(address, sent, follow=True)
        assert "closed on 12-13 by Manager" in first.text
        second = browser(at.administrator).post(address, sent, follow=True)
        assert "Manager has closed this month already" in second.text
    assert Closing.objects.count() == 1


def test_a_plan_is_tried_on_last_month_and_then_published() -> None:
    at = company()
    win(at, 1, 600_000)
    with time_machine.travel(IN_DECEMBER, tick=False):
        page = browser(at.manager).post(
            plan_page(at), PLAN | {"valid_from": "2027-01-01", "do": "try"}
        )
        assert page.status_code == 200
        assert re.search(r"¥90.00.*¥80.00", page.text, re.DOTALL)
        assert Plan.objects.count() == 1
    answer = browser(at.manager).post(plan_page(at), PLAN | {"do": "publish"}, follow=True)
    assert "Plan 2 holds from 2026-12 on." in answer.text
    plan = Plan.objects.get(version=2)
    assert plan.tiers == [
        {"from_minor": 0, "rate_bp": 150}, {"from_minor": 10_000_000, "rate_bp": 200},
    ]  # fmt: skip
    assert (plan.is_marginal, plan.cap_minor) == (False, 500_000)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rate_0": "lots"}, "rates per cent such as 1.5"),
        ({"rate_1": ""}, "A tier needs both"),
        ({"from_0": "5"}, "The first tier begins at 0."),
        ({"rate_1": "1"}, "must not fall"),
        ({"valid_from": "2026-11-01"}, "That month has begun"),
        ({"valid_from": "2026-12-15"}, "That month has begun"),
        ({"seen": "0"}, "Somebody has published a plan"),
    ],
)
def test_a_plan_that_cannot_be_published_says_why_and_keeps_what_was_typed(
    changed: dict[str, str], told: str
) -> None:
    at = company()
    answer = browser(at.manager).post(plan_page(at), PLAN | {"do": "publish"} | changed)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="100000"' in answer.text
    assert Plan.objects.count() == 1


def test_a_first_plan_begins_with_what_is_usual_on_its_side() -> None:
    at = found()
    client = browser(at.administrator)
    assert (
        'value="margin" checked'
        in client.get(reverse("commission:plan", args=[at.offline.pk])).text
    )
    assert 'value="value" checked' in client.get(plan_page(at)).text
    assert "No plan yet" in browser(at.people[0]).get(reverse("commission:month")).text


def test_a_statement_is_a_sheet_without_formulas_and_who_took_it_is_on_record() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    contact = Line.objects.get().deal.lead.contact
    type(contact).objects.filter(pk=contact.pk).update(name="=1+1")
    reopen(lead_id, MONDAY_NOON + timedelta(minutes=1))
    content = statement(at, at.people[0], "xlsx", by=at.manager)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[-1] for row in rows] == ["Commission", 80, -80, 0]
    assert rows[1][1] == "=1+1"
    assert b"<f>" not in content
    taken = Entry.objects.get(name="StatementTaken")
    assert (taken.subject.int, taken.actor_id) == (at.people[0].pk, str(at.manager.pk))
    assert taken.data == {"month": "2026-11-01", "format": "xlsx"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_statement_is_a_pdf_of_as_many_pages_as_it_takes(language: str) -> None:
    at = company()
    for number in range(3):
        win(at, number, 600_000)
    sent = {"month": "2026-11", "team": str(at.online.pk), "format": "pdf"}
    address = reverse("commission:statement", args=[at.people[0].pk])
    answer = browser(at.people[0], language).post(address, sent)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert b"STSong-Light" in answer.content
    assert ".pdf" in answer["Content-Disposition"]


def test_a_month_that_nobody_can_read_is_the_running_one_and_one_without_lines_has_no_statement() -> (
    None
):
    at = company()
    client = browser(at.people[0])
    for month in ("soon", "0001-01-01", "9999-12-31"):
        for person in (at.people[0], at.manager):
            page = browser(person).get(reverse("commission:month") + f"?month={month}")
            assert page.status_code == 200
    taken = reverse("commission:statement", args=[at.people[0].pk])
    assert client.post(taken, {"team": "99999", "month": "2026-11"}).status_code == 404
    assert not Entry.objects.filter(name="StatementTaken").exists()
