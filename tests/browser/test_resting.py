"""The no-intent pool in a real browser: every screen, the keyboard, and what is asked before somebody is left alone."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect

from clew.pipeline.actions.leads import close_lead
from clew.pipeline.resting.models import Rest
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.company import HOT, MONDAY_NOON, Company, enquire, found
from tests.pipeline.desk import holder
from tests.pipeline.resting.make import facts, policy, say

LOOKS = (
    (DESKTOP, "zh-CN", "light"),
    (DESKTOP, "en-US", "dark"),
    (PHONE, "zh-CN", "dark"),
    (PHONE, "en-US", "light"),
)
NAMES = ("周建国", "Elisabeth Hollenstein-Wattenberg", "")


@pytest.fixture
def company() -> Company:
    """A company of which three leads rest and are due, two of them touched before."""
    company = found()
    policy(company, every_days=1)
    before = MONDAY_NOON
    for number, name in enumerate(NAMES):
        lead_id = enquire(
            company.site, before, name=name, phone=f"1381234{number:04d}", region="苏州", **HOT
        )
        close_lead(lead_id, reason="lost_need", member=holder(lead_id), now=before)
        facts(before)
        if number:
            later = before + timedelta(days=2)
            say(lead_id, ("wechat_added", "no_answer")[number - 1], company.people[0], now=later)
    return company


def first(company: Company) -> UUID:
    return UUID(str(Rest.objects.order_by("next_touch_at", "pk").values_list("lead", flat=True)[0]))


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
def test_its_pages_fit_every_screen_and_break_no_rule_of_the_policy(
    company: Company, sit: Sit, size: tuple[int, int], language: str, scheme: str
) -> None:
    for path, who in (
        ("/resting", company.people[0]),
        ("/resting?show=all", company.people[0]),
        (f"/resting/{first(company)}", company.manager),
        (f"/pools/{company.online.pk}", company.manager),
        ("/pools", company.manager),
    ):
        page = sit(who, size=size, language=language, color_scheme=scheme).open(path)
        if path.startswith("/resting?") or path == "/resting":
            page.locator(".c-rest summary").first.click()
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} is wider than the screen"


def test_a_touch_is_two_taps_and_being_left_alone_is_asked_for_first(
    company: Company, sit: Sit
) -> None:
    page = sit(company.people[0], language="en-US").open("/resting")
    expect(page.locator("tbody tr")).to_have_count(3)
    row = page.locator("tbody tr").first
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kept: Added on WeChat")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody tr").first.locator("summary").click()
    page.get_by_role("button", name="Never again").click()
    page.get_by_role("button", name="Leave it").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody tr").first.locator("summary").click()
    page.get_by_role("button", name="Never again").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Kept: Never again")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert Rest.objects.filter(end="never").count() == 1
