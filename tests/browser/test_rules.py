"""A sales manager decides who gets what, without a programmer, and the lead's page tells it."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from clew.access.models import Member, Role, Team
from clew.handoff.actions.seats import join
from clew.handoff.models import Calendar, Method, Placement, Routing
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.company import HOT, TESTER, Company, enquire, found, member

NAME = "江苏伺服"


@pytest.fixture
def company() -> Company:
    return found(weights=(1, 1))


@pytest.fixture
def li(company: Company) -> Member:
    """The one salesperson of Li's team."""
    team = Team.objects.create(organisation=company.organisation, name="李经理组")
    week = [[day * 1440, (day + 1) * 1440] for day in range(7)]
    always = Calendar.objects.create(name="always", week=week)
    Method.objects.create(team=team, calendar=always, side="rules")
    person = member(company.organisation, "li", Role.SALESPERSON)
    join(team.pk, person.pk, weight=1, capacity=50, actor=TESTER, now=datetime.now(UTC))
    return person


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_servo_leads_from_jiangsu_go_to_lis_team_and_the_lead_says_why(
    company: Company, li: Member, sit: Sit, size: tuple[int, int], scheme: str
) -> None:
    enquire(company.site, datetime.now(UTC), phone="13812345678", region="江苏省苏州市", **HOT)
    page = sit(company.manager, size=size, color_scheme=scheme).open("/distribution")
    page.get_by_role("link", name="修改规则").click()
    page.get_by_role("link", name="加一条规则").click()
    page.get_by_label("高意向").check()
    page.get_by_label("提到").fill("伺服")
    page.get_by_label("地区").fill("江苏")
    page.get_by_label("团队").select_option(label="李经理组")
    page.get_by_label("规则名称").fill(NAME)
    page.get_by_role("button", name="写进草稿").click()
    expect(page.locator(".c-rule").first).to_contain_text("1")
    expect(page.locator(".c-table")).to_contain_text("李经理组")
    page.get_by_role("button", name="对所有线索生效").click()
    expect(page.locator(".c-rules").first).to_contain_text(NAME)
    assert Routing.objects.latest("id").rules[0]["name"] == NAME

    ours = enquire(company.site, datetime.now(UTC), phone="13912345678", region="苏州", **HOT)
    theirs = enquire(company.site, datetime.now(UTC), phone="13712345678", region="上海", **HOT)
    assert Placement.objects.get(lead=ours, closed_at=None).seat.member == li
    assert Placement.objects.get(lead=theirs, closed_at=None).team == company.online
    page = sit(li, size=size, color_scheme=scheme).open(f"/leads/{ours}")
    page.locator("[data-drawer]").first.click()
    expect(page.locator("#drawer")).to_contain_text(NAME)
