"""A salesperson's day in a real browser, from the first hint to the last key."""

import re
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from clew.access.models import Member
from clew.handoff.actions.leads import claim
from clew.handoff.models import Calendar
from clew.pipeline.models import BulkEdit, Call, Task
from clew.pipeline.queue.actions import keep_order
from clew.pipeline.queue.models import Shown
from clew.web.demo.company import WHOLE_WEEK
from tests.browser.conftest import PHONE, Sit
from tests.company import COLD, HOT, Company, enquire, found

NUMBER = iter(range(13800000000, 13900000000))


@pytest.fixture
def company() -> Company:
    """A company of one person that works by day and by night: what comes is in their hands at once."""
    company = found(weights=(1,))
    Calendar.objects.update(week=WHOLE_WEEK)
    return company


def comes(to: Company, **given: str) -> UUID:
    """Let a lead come in now."""
    return enquire(to.site, datetime.now(UTC), phone=str(next(NUMBER)), **(HOT | given))


def person(company: Company) -> Member:
    return company.people[0]


def row(page: Page, lead_id: UUID) -> str:
    return f"#r-{lead_id}"


def costs(page: Page, section: int) -> list[float]:
    """What waiting costs, row by row; of what comes later, its time."""
    rows = page.locator(f".c-q[data-section='{section}']")
    found: list[float] = rows.evaluate_all("rows => rows.map(row => Number(row.dataset.cost))")
    return found


def listening(page: Page) -> None:
    """Wait until the page has heard from its stream."""
    expect(page.locator("#day[data-live]")).to_have_count(1, timeout=10_000)


def test_a_lead_appears_without_reload_and_once(company: Company, sit: Sit) -> None:
    desk = sit(person(company))
    page = desk.open("/my-day")
    listening(page)
    page.evaluate("window.untouched = true")
    lead_id = comes(company, name="周建国")
    expect(page.locator(row(page, lead_id))).to_be_visible(timeout=3000)
    comes(company, name="何敏")
    expect(page.locator(".c-q")).to_have_count(2, timeout=3000)
    assert page.locator(row(page, lead_id)).count() == 1
    assert page.evaluate("window.untouched")
    expect(page.locator("#news")).to_contain_text("新线索", timeout=4000)


def test_three_taps_log_a_call_on_the_phone(company: Company, sit: Sit) -> None:
    lead_id = comes(company, name="周建国")
    desk = sit(person(company), size=PHONE, has_touch=True)
    page = desk.open("/my-day")
    page.locator(f"{row(page, lead_id)} .c-acts a").first.tap()
    expect(page.locator(".c-tel")).to_be_visible()  # the phone has been told to dial
    page.locator("[value=no_answer]").tap()
    page.get_by_role("button", name="保存，打下一个").tap(no_wait_after=True)
    expect(page).to_have_url(
        re.compile("/my-day$")
    )  # dialling is a navigation too, that ends nowhere
    assert Call.objects.get().result == "no_answer"
    assert Task.objects.filter(done_at=None).count() == 1


def test_keys_move_open_and_log(company: Company, sit: Sit) -> None:
    names = {str(comes(company, name=name)): name for name in ("何敏", "周建国")}
    desk = sit(person(company))
    page = desk.open("/my-day")
    listening(page)
    current = page.locator(".c-q[aria-current=true]")
    first = current.get_attribute("data-lead") or ""
    (second,) = names.keys() - {first}
    page.keyboard.press("j")
    expect(current).to_have_attribute("data-lead", second)
    expect(page.locator("#preview")).to_contain_text(names[second])
    page.keyboard.press("k")
    expect(current).to_have_attribute("data-lead", first)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{first}?list=day")
    on, back = "][" if page.locator("main a[rel=next]").count() else "[]"
    page.keyboard.press(on)
    page.wait_for_url(f"**/leads/{second}?list=day")
    page.keyboard.press(back)
    page.wait_for_url(f"**/leads/{first}?list=day")
    page.goto(f"{desk.server.address}/my-day")
    listening(page)
    first = current.get_attribute("data-lead") or ""
    page.keyboard.press("2")
    page.wait_for_url("**/call?result=no_answer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads/*/call")
    assert str(Call.objects.get().lead_id) == first


def test_single_keys_can_be_switched_off(company: Company, sit: Sit) -> None:
    comes(company), comes(company)
    desk = sit(person(company))
    page = desk.open("/my-day")
    listening(page)
    page.keyboard.press("?")
    with page.expect_response("**/me/shortcuts"):
        page.locator("[data-keys-switch]").uncheck()
    page.keyboard.press("Escape")
    before = page.locator(".c-q[aria-current=true]").get_attribute("data-lead")
    for _ in range(2):
        page.keyboard.press("j")
        assert page.locator(".c-q[aria-current=true]").get_attribute("data-lead") == before
        page.reload()
        listening(page)


def test_keys_rest_while_somebody_types_or_composes(company: Company, sit: Sit) -> None:
    lead_id = comes(company)
    desk = sit(person(company))
    page = desk.open(f"/leads/{lead_id}/call")
    note = page.get_by_label("补一句")
    note.press_sequentially("12 台")
    expect(page.locator("[name=result]:checked")).to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    composing = "new KeyboardEvent('keydown', {key: '1', bubbles: true, isComposing: true})"
    page.evaluate(f"document.body.dispatchEvent({composing})")
    expect(page.locator("[name=result]:checked")).to_have_count(0)
    page.keyboard.press("1")
    expect(page.locator("[name=result]:checked")).to_have_value("answered")
    sending = composing.replace("'1'", "'Enter', ctrlKey: true")
    page.evaluate(f"document.getElementById('note').dispatchEvent({sending})")
    assert page.url.endswith("/call")
    assert not Call.objects.exists()


def test_a_draft_survives_a_reload_and_another_device(company: Company, sit: Sit) -> None:
    lead_id = comes(company)
    at_desk = sit(person(company)).open(f"/leads/{lead_id}/call")
    at_desk.locator("[value=answered]").check()
    with at_desk.expect_response("**/draft"):
        at_desk.get_by_label("补一句").fill("要先寄样机")
    at_desk.reload()
    expect(at_desk.get_by_label("补一句")).to_have_value("要先寄样机")
    on_phone = sit(person(company), size=PHONE).open(f"/leads/{lead_id}/call")
    expect(on_phone.locator("[name=result]:checked")).to_have_value("answered")
    assert at_desk.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])") == "[{},{}]"


def test_a_double_click_on_save_keeps_one_call(company: Company, sit: Sit) -> None:
    lead_id = comes(company)
    desk = sit(person(company))
    page = desk.open(f"/leads/{lead_id}/call")
    page.locator("[value=no_answer]").check()
    page.get_by_role("button", name="只保存").dblclick()
    page.wait_for_url("**/my-day")
    assert Call.objects.count() == Task.objects.filter(done_at=None).count() == 1


def test_the_call_sheet_works_without_javascript(company: Company, sit: Sit) -> None:
    lead_id = comes(company)
    desk = sit(person(company), size=PHONE, java_script_enabled=False)
    page = desk.open(f"/leads/{lead_id}/call")
    page.locator("[value=answered]").check()
    expect(page.get_by_text("我再考虑考虑")).to_be_visible()
    page.locator("[value=thinking]").check()
    expect(page.get_by_text("不要当场降价", exact=False)).to_be_visible()
    page.get_by_role("button", name="只保存").click()
    page.wait_for_url("**/my-day")
    assert Call.objects.get().said == "thinking"


def test_a_lost_connection_is_told_and_loses_nothing(company: Company, sit: Sit) -> None:
    desk = sit(person(company))
    page = desk.open("/my-day")
    listening(page)
    expect(page.locator("#lost")).to_be_hidden()
    desk.server.stop()
    try:
        expect(page.locator("#lost")).to_be_visible(timeout=10_000)
        lead_id = comes(company)
    finally:
        desk.server.start()
    expect(page.locator(row(page, lead_id))).to_be_visible(timeout=20_000)
    expect(page.locator("#lost")).to_be_hidden()


def test_a_burst_of_leads_is_shown_complete_and_in_order(company: Company, sit: Sit) -> None:
    desk = sit(person(company))
    page = desk.open("/my-day")
    listening(page)
    for _ in range(45):
        comes(company)
    expect(page.locator(".c-q")).to_have_count(45, timeout=10_000)
    waiting, later = costs(page, 0), costs(page, 1)
    assert all(above * 1.5 >= below for n, above in enumerate(waiting) for below in waiting[n:])
    assert later == sorted(later, reverse=True)
    leads = page.locator(".c-q").evaluate_all("rows => rows.map(row => row.dataset.lead)")
    assert len(set(leads)) == 45


def test_two_taps_put_a_lead_off_and_it_says_when_it_comes_back(company: Company, sit: Sit) -> None:
    lead_id = comes(company, name="周建国")
    page = sit(person(company), size=PHONE, has_touch=True).open("/my-day")
    listening(page)
    page.locator(f"{row(page, lead_id)} [data-snooze]").tap()
    page.locator("#snooze").get_by_role("button", name="1 小时后").tap()
    expect(page.get_by_role("status").filter(has_text="下次联系 ")).to_be_visible()
    assert Task.objects.get(done_at=None).due_at > datetime.now(UTC) + timedelta(minutes=50)


def test_several_leads_are_chosen_with_the_thumb_and_planned(company: Company, sit: Sit) -> None:
    ids = [comes(company) for _ in range(3)]
    page = sit(person(company), size=PHONE, has_touch=True).open("/my-day")
    listening(page)
    expect(page.locator("#bulk")).to_be_hidden()
    page.get_by_role("button", name="选几条").tap()
    for lead_id in ids[:2]:
        page.locator(f"{row(page, lead_id)} .c-tickbox").tap()
    expect(page.locator("#bulk")).to_contain_text("已选 2")
    page.locator("#bulk").get_by_role("button", name="定下次联系时间").tap()
    page.wait_for_url("**/leads/bulk/*")
    assert BulkEdit.objects.get().rows.count() == 2


def test_rows_stay_where_they_were_seen(company: Company, sit: Sit) -> None:
    for _ in range(3):
        comes(company)
    desk = sit(person(company))
    page = desk.open("/my-day")
    listening(page)
    expect(page.locator(".c-q[data-section='0']")).to_have_count(3)
    seen = page.locator(".c-q").evaluate_all("rows => rows.map(row => row.dataset.lead)")
    until = time.monotonic() + 5
    while [str(lead) for shown in Shown.objects.all() for lead in shown.lead_ids] != seen:
        assert time.monotonic() < until, "the order was not kept"
        page.wait_for_timeout(100)
    turned = [UUID(lead) for lead in reversed(seen)]
    keep_order(turned, member=person(company), now=datetime.now(UTC))
    on_phone = sit(person(company), size=PHONE).open("/my-day")
    there = on_phone.locator(".c-q").evaluate_all("rows => rows.map(row => row.dataset.lead)")
    assert there == [str(lead) for lead in turned]


def test_the_pool_shows_a_new_lead_and_loses_one_that_is_taken(company: Company, sit: Sit) -> None:
    page = sit(person(company)).open("/pool")
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.get_by_text("公海空了")).to_be_visible()
    page.wait_for_timeout(500)
    lead_id = enquire(company.site, datetime.now(UTC), name="冷线索", phone="13700000000", **COLD)
    expect(page.get_by_text("冷线索")).to_be_visible(timeout=4000)
    claim(lead_id, member=person(company), now=datetime.now(UTC))
    expect(page.get_by_text("冷线索")).to_be_hidden(timeout=4000)


def test_a_number_is_shown_only_when_asked_for(company: Company, sit: Sit) -> None:
    lead_id = comes(company)
    desk = sit(person(company))
    page = desk.open(f"/leads/{lead_id}")
    expect(page.locator(".c-tel")).to_have_count(0)
    page.get_by_text("显示", exact=True).click()
    page.get_by_role("button", name="打电话").click()
    expect(page.locator(".c-tel")).to_have_count(1)


def test_the_decision_opens_in_a_drawer(company: Company, sit: Sit) -> None:
    lead_id = comes(company)
    desk = sit(person(company))
    page = desk.open(f"/leads/{lead_id}")
    page.locator("[data-drawer]").first.click()
    expect(page.locator("#drawer")).to_contain_text("为什么")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_or_breaks_its_policy(
    company: Company, sit: Sit, language: str, scheme: str
) -> None:
    lead_id = comes(
        company, name="欧阳锋源", company="苏州工业园区特别长名字的自动化设备有限责任公司"
    )
    enquire(company.site, datetime.now(UTC), phone="13700000000", **COLD)
    paths = ("/my-day", "/leads", "/pool", "/me", *LEAD_PAGES)
    desk = sit(person(company), size=PHONE, language=language, color_scheme=scheme)
    for path in paths:
        page = desk.open(path.format(lead_id))
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        for wide, high in ((1440, 900), (360, 640), PHONE):  # the next one opens on the phone
            page.set_viewport_size({"width": wide, "height": high})
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= wide, f"{path} is {width} wide at {wide}"


LEAD_PAGES = ("/leads/{}", "/leads/{}/call", "/leads/{}/why")
