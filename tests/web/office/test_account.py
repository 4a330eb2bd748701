"""The account of all leads."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from clew.access.models import Role
from clew.capture.models import Failure, Waiting
from tests.company import Company, enquire, member, submit
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
OLD = datetime.now(UTC) - timedelta(days=3)


def figures(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'c-sum-n[^>]*">(\d+)<', page)]


def test_both_sums_are_shown_and_come_out(admin: Client, company: Company) -> None:
    enquire(company.site, OLD, phone="13812345678")
    enquire(company.site, OLD, phone="13812345678")
    broken = submit(company.site, OLD, phone="13800000000")
    Waiting.objects.filter(submission_id=broken).delete()
    Failure.objects.create(submission_id=broken, code="broken", error="x", failed_at=OLD)
    submit(company.site, OLD, phone="13700000000")
    page = admin.get("/account").content.decode()
    assert figures(page)[:5] == [1, 1, 0, 1, 1]
    assert "Both sums come out" in page


def test_the_headline_counts_the_same_leads_that_its_list_shows(
    admin: Client, company: Company
) -> None:
    for n in range(3):
        enquire(company.site, OLD, phone=f"1381234567{n}")
    page = admin.get("/account").content.decode()
    assert "¥115.80" in page
    assert "3 leads never contacted" in page
    listed = admin.get("/account/never-contacted").content.decode()
    assert listed.count("¥38.60") == 3


def test_where_nothing_is_wasted_the_page_says_so(admin: Client) -> None:
    page = admin.get("/account").content.decode()
    assert "Nothing is being wasted" in page
    assert page.count('<a class="btn btn-primary"') == 1


def test_a_manager_sees_the_waste_of_the_own_teams(company: Company, browser: Browser) -> None:
    enquire(company.fair, OLD, phone="13812345678")
    assert "Nothing is being wasted" in browser(company.manager).get("/account").content.decode()
    boss = member(company.organisation, "boss", Role.MANAGER, company.offline)
    assert "¥120.00" in browser(boss).get("/account").content.decode()


def test_the_list_is_cut_into_pages(admin: Client, company: Company) -> None:
    for n in range(51):
        submit(company.site, OLD, phone=f"138123450{n:02d}")
    enquire(company.site, OLD, phone="13812345099")
    page = admin.get("/account/never-contacted").content.decode()
    assert page.count("<tr>") == 51
    assert "?page=2" in page
    assert "¥38.60" in admin.get("/account/never-contacted?page=2").content.decode()
