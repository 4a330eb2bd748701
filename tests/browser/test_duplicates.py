"""The page of duplicates in a real browser: seen, compared, chosen, merged, taken apart."""

from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import expect

from clew.contacts.belt.suspecting import search
from clew.contacts.models import Lead, Merge
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.company import HOT, MONDAY_NOON, Company, enquire, found

LI = {"phone": "13812345678", "name": "李建国", "company": "昆山锐达"}
TYPO = {"phone": "13812345687", "name": "李建国", "company": "昆山锐达公司"}


@pytest.fixture
def company() -> Company:
    """Two leads whose people may be one."""
    made = found()
    for given in (LI, TYPO):
        enquire(made.site, **given, message=HOT["message"])
    with transaction.atomic():
        search(MONDAY_NOON + timedelta(minutes=5))
    return made


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_pair_is_seen_chosen_merged_and_taken_apart(
    company: Company, sit: Sit, size: tuple[int, int]
) -> None:
    page = sit(company.administrator, size=size, language="en-US").open("/duplicates")
    pair = page.locator("[data-pair]")
    expect(pair).to_have_count(1)
    expect(pair).to_contain_text("Same company, same name")
    expect(pair).to_contain_text("138****5678")
    expect(pair.locator(".c-outcome")).to_contain_text("closes as merged.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pair.get_by_label("昆山锐达公司").check()
    pair.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("1 pair merged.")).to_be_visible()
    expect(page.get_by_text("No suspected duplicates")).to_be_visible()
    assert Merge.objects.get().company == TYPO["company"]
    assert Lead.objects.filter(ended_at=None).count() == 1
    page.get_by_role("button", name="Take apart").click()
    expect(page.get_by_text("Taken apart: two people again.")).to_be_visible()
    expect(page.locator("[data-pair]")).to_have_count(1)
    assert Lead.objects.filter(ended_at=None).count() == 2


def test_keys_decide_without_a_mouse(company: Company, sit: Sit) -> None:
    page = sit(company.administrator, language="en-US").open("/duplicates")
    page.keyboard.press("n")
    expect(page.get_by_text("Noted: 1 pair is two people.")).to_be_visible()
    assert not Merge.objects.exists()
