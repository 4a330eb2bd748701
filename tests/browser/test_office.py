"""The operator's pages in a real browser: sizes, themes, languages, double clicks, questions asked."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from clew.access import actions
from clew.access.models import Member, Token
from clew.capture.models import Submission
from clew.handoff.models import Seat
from clew.web.worker import run_belt_once
from tests.browser.conftest import DESKTOP, PHONE, Server, Sit
from tests.company import HOT, TESTER, Company, enquire, found

PASTED = "张三 13812345678 要 3 台 400W 伺服电机，苏州"
PASSWORD = "three blue herons"
PAGES = (
    "/me",
    "/add",
    "/account",
    "/account/never-contacted",
    "/people",
    "/distribution",
    "/distribution/draft",
    "/distribution/draft/new",
    "/grading",
    "/duplicates",
    "/fields",
    "/imports",
    "/imports/new",
    "/leads",
    "/exports",
    "/sources",
    "/sources/new",
    "/sources/site",
    "/failures",
    "/tokens",
    "/checkup",
    "/nothing",
)
LOOKS = (
    (DESKTOP, "zh-CN", "light"),
    (DESKTOP, "en-US", "dark"),
    (PHONE, "zh-CN", "dark"),
    (PHONE, "en-US", "light"),
)


@pytest.fixture
def company() -> Company:
    return found(weights=(3, 1))


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
def test_pages_fit_every_screen_and_break_no_rule_of_the_policy(
    company: Company, sit: Sit, size: tuple[int, int], language: str, scheme: str
) -> None:
    enquire(company.site, datetime(2026, 11, 1, tzinfo=UTC), phone="13812345678", **HOT)
    desk = sit(company.administrator, size=size, language=language, color_scheme=scheme)
    for path in PAGES:
        page = desk.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.locator("html").get_attribute("data-bs-theme") == scheme, path
        assert page.locator("html").get_attribute("lang") == language.removesuffix("-US"), path
    desk.complaints = [c for c in desk.complaints if "404" not in c]


def test_a_member_signs_in_by_keyboard_and_lands_where_they_wanted(
    company: Company, sit: Sit, server: Server
) -> None:
    person = company.people[0]
    actions.set_password(person, PASSWORD, actor=TESTER, now=datetime.now(UTC))
    page = sit(person).page
    page.context.clear_cookies()
    page.goto(f"{server.address}/me")
    page.get_by_label("用户名或邮箱").fill("sales0")
    page.get_by_label("密码").fill("guessed wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不对。")
    expect(page.get_by_label("用户名或邮箱")).to_have_value("sales0")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.address}/me")


def test_a_pasted_line_is_recorded_once_and_the_page_tells_where_it_went(
    company: Company, sit: Sit
) -> None:
    page = sit(company.people[0], size=PHONE).open("/add")
    page.get_by_label("把手头的内容贴进来").fill(PASTED)
    page.get_by_role("button", name="识别并填表").click()
    expect(page.get_by_label("姓名")).to_have_value("张三")
    expect(page.get_by_label("电话")).to_have_value("13812345678")
    page.get_by_role("button", name="记下来").dblclick()
    expect(page).to_have_url(re.compile(r"/add/[0-9a-f-]{36}$"))
    assert Submission.objects.count() == 1
    run_belt_once(datetime.now(UTC))
    expect(page.get_by_role("status").locator("h2")).to_contain_text(
        re.compile("给了|进了公海"), timeout=4000
    )


def test_a_token_is_copied_and_ends_only_after_a_yes(company: Company, sit: Sit) -> None:
    desk = sit(company.administrator)
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = desk.open("/tokens")
    page.get_by_label("给谁用？").fill("官网")
    page.get_by_role("button", name="建令牌").dblclick()
    shown = page.locator("#fresh").inner_text()
    page.get_by_role("button", name="复制").click()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    page.get_by_role("button", name="作废").click()
    page.get_by_role("button", name="算了").click()
    assert Token.objects.get().revoked_at is None
    page.get_by_role("button", name="作废").click()
    page.get_by_role("button", name="就这么办").click()
    expect(page.get_by_text("这个令牌已失效。")).to_be_visible()
    assert Token.objects.get().revoked_at


def test_a_weight_is_changed_in_the_list(company: Company, sit: Sit) -> None:
    page = sit(company.administrator, size=PHONE).open("/people")
    page.get_by_label("Sales0 的权重").fill("5")
    page.get_by_role("button", name="保存").first.click()
    expect(page.get_by_text("从下一条线索起按这个来。")).to_be_visible()
    assert Seat.objects.get(pk=company.seats[0].pk).weight == 5


def test_the_theme_chosen_in_the_page_stays(company: Company, sit: Sit) -> None:
    page = sit(company.people[0]).open("/me")
    page.get_by_role("main").get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert Member.objects.get(pk=company.people[0].pk).theme == "dark"
