"""Results given without network in a real browser: kept sealed, sent once when it is back, never in plain."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from clew.access.models import Member
from clew.handoff.actions.leads import assign
from clew.pipeline.models import Call, Task
from clew.pipeline.queries import note
from tests.browser.conftest import PHONE, Sit
from tests.company import HOT, TESTER, Company, enquire, found

NUMBER = iter(range(13900000000, 14000000000))
STORED = """async () => {
  const opened = await new Promise((done) => { const r = indexedDB.open("clew", 1); r.onsuccess = () => done(r.result); });
  const all = opened.transaction("results").objectStore("results").getAll();
  await new Promise((done) => { all.onsuccess = done; });
  opened.close();
  return JSON.stringify([all.result, {...localStorage}, {...sessionStorage}]);
}"""

REFUSES = "indexedDB.open = () => { throw new DOMException('nothing is kept', 'SecurityError'); };"
ANOTHER_KEY = """async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return btoa(String.fromCharCode(...raw));
}"""


@pytest.fixture
def company() -> Company:
    return found(weights=(1, 0))


def person(company: Company) -> Member:
    return company.people[0]


def comes(company: Company, name: str) -> UUID:
    """Put a lead that is due into the first person's hands, by day or by night."""
    now = datetime.now(UTC)
    lead_id = enquire(company.site, now, name=name, phone=str(next(NUMBER)), **HOT)
    assign(lead_id, seat_id=company.seats[0].pk, actor=TESTER, now=now, reason="by hand")
    return lead_id


def live(page: Page) -> None:
    expect(page.locator("#day[data-live]")).to_have_count(1, timeout=15_000)


def log_on_the_way(page: Page, words: str) -> None:
    page.keyboard.press("2")
    sheet = page.locator("#quick")
    expect(sheet).to_be_visible(timeout=10_000)
    expect(sheet.locator("[name=result]:checked")).to_have_value("no_answer")
    sheet.locator("textarea").fill(words)
    sheet.get_by_role("button", name="先存在这台设备上").click()
    expect(sheet).to_be_hidden()


def test_a_result_given_without_network_is_sent_when_it_is_back(company: Company, sit: Sit) -> None:
    lead_id = comes(company, "周建国")
    desk = sit(person(company))
    page = desk.open("/my-day")
    live(page)
    desk.page.context.set_offline(True)
    log_on_the_way(page, "要先寄样机")
    expect(page.locator("#outbox")).to_contain_text("待同步 1")
    expect(page.locator(f"#r-{lead_id}")).to_contain_text("待同步")
    stored = page.evaluate(STORED)
    assert str(lead_id) in stored
    assert "样机" not in stored
    assert "no_answer" not in stored
    assert not Call.objects.exists()
    desk.page.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden(timeout=15_000)
    live(page)
    made = Call.objects.get()
    assert (made.lead_id, made.result, note(made)) == (lead_id, "no_answer", "要先寄样机")
    assert Task.objects.filter(done_at=None).count() == 1
    assert page.evaluate(STORED) == "[[],{},{}]"


def test_the_call_sheet_keeps_what_cannot_be_sent(company: Company, sit: Sit) -> None:
    lead_id = comes(company, "周建国")
    desk = sit(person(company), size=PHONE, has_touch=True)
    page = desk.open(f"/leads/{lead_id}/call")
    page.locator("[value=answered]").check()
    page.get_by_label("补一句").fill("周一要图纸")
    desk.page.context.set_offline(True)
    page.get_by_role("button", name="只保存").tap()
    expect(page.get_by_text("结果已封存在这台设备上")).to_be_visible()
    expect(page.locator("#outbox")).to_contain_text("待同步 1")
    assert page.url.endswith("/call")
    desk.page.context.set_offline(False)
    expect(page.get_by_text("已发出，通话记好了。")).to_be_visible(timeout=15_000)
    assert note(Call.objects.get()) == "周一要图纸"


def test_what_no_longer_fits_after_a_day_is_told_with_its_words(company: Company, sit: Sit) -> None:
    lead_id = comes(company, "周建国")
    desk = sit(person(company))
    page = desk.open("/my-day")
    live(page)
    desk.page.context.set_offline(True)
    log_on_the_way(page, "他说下周来厂里")
    later = datetime.now(UTC) + timedelta(seconds=1)
    assign(lead_id, seat_id=company.seats[1].pk, actor=TESTER, now=later, reason="by_hand")
    desk.page.context.set_offline(False)
    told = page.get_by_role("region", name="没网时记的，没记上")
    expect(told).to_contain_text("他说下周来厂里", timeout=15_000)
    expect(told).to_contain_text("线索已经到了别人手里")
    assert not Call.objects.exists()
    desk.complaints[:] = [c for c in desk.complaints if "404" not in c]  # its row is not theirs now
    told.get_by_role("button", name="看过了，移走").click()
    expect(told).to_have_count(0)


def test_what_one_person_kept_is_not_sent_as_another(company: Company, sit: Sit) -> None:
    comes(company, "周建国")
    desk = sit(person(company))
    page = desk.open("/my-day")
    live(page)
    desk.page.context.set_offline(True)
    log_on_the_way(page, "样机")
    page.evaluate("document.getElementById('outbox').dataset.me = '0'")
    desk.page.context.set_offline(False)
    page.wait_for_timeout(1000)
    page.evaluate("document.getElementById('outbox').click()")
    expect(page.locator("#outbox")).to_be_hidden()
    page.wait_for_timeout(500)
    assert not Call.objects.exists()
    desk.open("/my-day")  # back as oneself
    expect(page.locator("#outbox")).to_be_hidden(timeout=15_000)
    live(page)
    assert Call.objects.count() == 1


def test_a_note_that_is_being_typed_outlives_what_is_sent_meanwhile(
    company: Company, sit: Sit
) -> None:
    comes(company, "周建国")
    desk = sit(person(company))
    page = desk.open("/my-day")
    live(page)
    desk.page.context.set_offline(True)
    log_on_the_way(page, "要先寄样机")
    page.keyboard.press("1")
    typed = page.locator("#quick textarea")
    typed.fill("他说下周")
    page.evaluate("window.untouched = true")
    desk.page.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden(timeout=15_000)
    page.wait_for_timeout(2500)
    assert page.evaluate("window.untouched")
    expect(typed).to_have_value("他说下周")
    page.locator("#quick").get_by_role("button", name="关闭").click()
    page.wait_for_timeout(2000)
    live(page)
    assert not page.evaluate("window.untouched")


def test_what_the_server_cannot_read_stays_and_is_told(company: Company, sit: Sit) -> None:
    lead_id = comes(company, "周建国")
    desk = sit(person(company))
    page = desk.open("/my-day")
    live(page)
    desk.page.context.set_offline(True)
    key = page.evaluate(ANOTHER_KEY)
    page.evaluate("key => { document.getElementById('outbox').dataset.seal = key; }", key)
    log_on_the_way(page, "样机")
    desk.page.context.set_offline(False)
    told = page.locator("#unread")
    expect(told).to_contain_text("有一条结果读不出来", timeout=15_000)
    expect(page.locator("#outbox")).to_be_hidden()
    assert str(lead_id) in page.evaluate(STORED)
    page = desk.open("/my-day")
    live(page)
    expect(told).to_contain_text("有一条结果读不出来")
    told.get_by_role("button", name="再试一次").click()
    expect(told).to_be_visible()
    assert str(lead_id) in page.evaluate(STORED)
    page.on("dialog", lambda dialog: dialog.accept())
    told.get_by_role("button", name="移走").click()
    expect(told).to_be_hidden()
    assert page.evaluate(STORED) == "[[],{},{}]"


@pytest.mark.parametrize("path", ["/leads/{}/call", "/my-day"])
def test_where_the_browser_keeps_nothing_the_page_does(
    company: Company, sit: Sit, path: str
) -> None:
    lead_id = comes(company, "周建国")
    desk = sit(person(company))
    desk.page.add_init_script(REFUSES)
    page = desk.open(path.format(lead_id))
    if path == "/my-day":
        live(page)
        desk.page.context.set_offline(True)
        log_on_the_way(page, "周一要图纸")
    else:
        page.locator("[value=no_answer]").check()
        page.get_by_label("补一句").fill("周一要图纸")
        desk.page.context.set_offline(True)
        page.get_by_role("button", name="只保存").click()
    expect(page.get_by_text("这个浏览器不在设备上留东西")).to_be_visible(timeout=10_000)
    expect(page.locator("#outbox")).to_contain_text("待同步 1")
    desk.page.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden(timeout=15_000)
    assert note(Call.objects.get()) == "周一要图纸"
