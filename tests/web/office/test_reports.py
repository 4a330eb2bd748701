"""The pages of funnel and speed: what they show whom, and that each number leads to a list that shows as many."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.access.models import Role
from clew.pipeline.actions.leads import close_lead, log_call
from clew.web.office.flowing import draw
from tests.company import COLD, HOT, MONDAY_NOON, Company, enquire, member
from tests.pipeline.desk import call, holder
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="(/leads\?[^"]*)">([\d,]+)</a>')
PAGES = (
    "/funnel?opened=all",
    "/funnel/speed?opened=all",
    "/funnel/speed?opened=all&measure=answered&hours=work",
)


@pytest.fixture
def busy(company: Company) -> Company:
    now = MONDAY_NOON
    hot = [enquire(company.site, now, phone=f"1381234567{n}", **HOT) for n in range(3)]
    enquire(company.fair, now, phone="13700000000", **COLD)
    for lead_id in hot[:2]:
        given = call(next_at=now + timedelta(days=1))
        log_call(lead_id, given, member=holder(lead_id), now=now + timedelta(minutes=20))
    close_lead(hot[0], reason="lost_price", member=holder(hot[0]), now=now + timedelta(hours=1))
    return company


@pytest.mark.parametrize("page", PAGES)
def test_each_number_of_the_page_opens_a_list_of_as_many(
    admin: Client, busy: Company, page: str
) -> None:
    links = LINK.findall(admin.get(page).content.decode())
    assert len(links) > 8
    for address, number in set(links):
        listed = admin.get(unescape(address)).content.decode()
        assert listed.count("<tr data-row>") == int(number), address
        assert "c-chip-late" not in listed


@pytest.mark.parametrize("page", PAGES)
def test_managers_and_salespeople_have_their_own(
    browser: Browser, busy: Company, page: str
) -> None:
    outsider = member(busy.organisation, "far", Role.MANAGER, busy.offline)
    for viewer in (busy.manager, busy.people[0], outsider):
        links = LINK.findall(browser(viewer).get(page).content.decode())
        for address, number in set(links):
            listed = browser(viewer).get(unescape(address)).content.decode()
            assert listed.count("<tr data-row>") == int(number), (viewer, address)
    assert (
        "site" not in LINK.sub("", browser(outsider).get(page).content.decode()).split("</form>")[1]
    )


@pytest.mark.parametrize("page", PAGES)
def test_the_number_of_statements_does_not_grow(admin: Client, busy: Company, page: str) -> None:
    admin.get(page)
    with CaptureQueriesContext(connection) as few:
        admin.get(page)
    for n in range(6):
        enquire(busy.fair, MONDAY_NOON, phone=f"1360000000{n}", **HOT)
    with CaptureQueriesContext(connection) as more:
        admin.get(page)
    assert len(few) == len(more) <= 16


@pytest.mark.parametrize(
    "query",
    [
        "?source=gone",
        "?team=x",
        "?team=99999999999999999999999",
        "?channel=x",
        "?since=x",
        "?until=9999-12-31&since=0001-01-01",
        "?opened=x&at=x",
        "?measure=x&hours=x",
        "?opened=all&since=2999-01-01",
    ],
)
@pytest.mark.parametrize("page", ["/funnel", "/funnel/speed"])
def test_an_address_that_makes_no_sense_is_no_error(
    admin: Client, busy: Company, page: str, query: str
) -> None:
    assert admin.get(page + query).status_code == 200


def test_a_time_without_leads_says_so_and_leads_on(admin: Client, busy: Company) -> None:
    page = admin.get("/funnel?since=2999-01-01").content.decode()
    assert "No leads in this time" in page
    assert 'href="?opened=all"' in page
    assert "No leads in this time" not in admin.get("/funnel?opened=all").content.decode()


def test_what_is_gone_is_said(admin: Client, busy: Company) -> None:
    said = "that is gone or that you may not see"
    assert said in admin.get("/funnel?source=gone").content.decode()
    assert said in admin.get("/funnel/speed?team=77777").content.decode()
    assert said not in admin.get("/funnel?source=site&channel=online&team=none").content.decode()


def test_the_stage_that_is_picked_tells_why_leads_left(admin: Client, busy: Company) -> None:
    page = admin.get("/funnel?opened=all&at=tried").content.decode()
    assert "Why they left: Tried" in page
    assert "Lost: price" in page
    assert (
        "Nobody left at this stage" in admin.get("/funnel?opened=all&at=received").content.decode()
    )


def test_the_stage_that_is_picked_stays_when_the_filter_is_sent(
    admin: Client, busy: Company
) -> None:
    kept = '<input type="hidden" name="at" value="given">'
    page = admin.get("/funnel?opened=all&at=given").content.decode()
    assert kept in page[page.index('class="c-rep"') : page.index("</form>", page.index("c-rep"))]
    assert 'name="at"' not in admin.get("/funnel?opened=all").content.decode()
    assert 'name="at"' not in admin.get("/funnel?opened=all&at=x").content.decode()


def test_a_filter_of_the_list_survives_a_search(admin: Client, busy: Company) -> None:
    page = admin.get("/leads?reached=tried&channel=online").content.decode()
    form = page[page.index('role="search"') : page.index('id="q"')]
    assert 'name="reached" value="tried"' in form
    assert 'name="channel" value="online"' in form


def test_the_picture_keeps_within_its_frame() -> None:
    for counts in ([(0, 0, 0)] * 4, [(1, 0, 999), (0, 1, 0)], [(5, 5, 5), (0, 0, 5), (0, 0, 0)]):
        for one in draw(counts):
            assert 0 <= float(one.height) <= 118.1
            assert all(float(y) <= 186 for y in re.findall(r"V([\d.]+)", one.leaving))
