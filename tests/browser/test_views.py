"""The list of leads in a real browser: filter, keep as a view, choose columns, change many, see what came of it."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from clew.handoff.models import Placement
from clew.pipeline.models import Layout, SavedView
from clew.pipeline.saved.queries import filter_of
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.company import COLD, HOT, Company, enquire, found
from tests.running import until

LOOKS = (
    (DESKTOP, "zh-CN", "light"),
    (DESKTOP, "en-US", "dark"),
    (PHONE, "zh-CN", "dark"),
    (PHONE, "en-US", "light"),
)


@pytest.fixture
def company() -> Company:
    company = found(weights=(1, 1))
    for number in range(6):
        given = HOT if number < 4 else COLD
        region = "江苏昆山" if number != 3 else "广东深圳"
        enquire(
            company.site, name=f"人{number}", phone=f"1381234567{number}", region=region, **given
        )
    return company


def with_whom(lead_id: UUID) -> int | None:
    return Placement.objects.get(lead=lead_id, closed_at=None).seat_id


def boxes(page: Page) -> list[bool]:
    return [box.is_checked() for box in page.locator("input[name=lead]").all()]


def test_from_a_filter_to_a_view_to_a_change_of_many(company: Company, sit: Sit) -> None:
    page = sit(company.manager).open("/leads")
    page.keyboard.press("f")
    page.locator("#filter").get_by_label("等级").select_option("3")
    page.get_by_label("地区").fill("江苏")
    page.get_by_role("button", name="显示").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert "place=" not in page.url

    page.locator(".c-chipline").get_by_role("link", name="存为视图").click()
    page.get_by_label("视图名称").fill("江苏高意向")
    page.get_by_label("打开列表就用这个视图").check()
    page.get_by_role("button", name="保存视图").dblclick()
    expect(page.get_by_text("视图已保存。")).to_be_visible()
    view = SavedView.objects.get()
    assert (filter_of(view).grade, filter_of(view).region) == ("3", "江苏")

    page.get_by_role("link", name="列", exact=True).click()
    page.get_by_label("来源", exact=True).check()
    page.get_by_label("成本", exact=True).uncheck()
    up = page.get_by_role("button", name="来源：往前移")
    while page.locator(".c-columns input").first.get_attribute("value") != "source":
        up.click()
    page.get_by_role("button", name="显示这些列").click()
    heads = page.locator("thead th")
    expect(heads.nth(2)).to_have_text("来源")
    expect(page.get_by_text("“江苏高意向”有改动。")).to_be_visible()
    page.get_by_role("button", name="保存视图").click()
    expect(page.get_by_text("“江苏高意向”有改动。")).to_be_hidden()

    page.goto(page.url.split("?")[0])
    expect(heads.nth(2)).to_have_text("来源")
    page.locator("[data-page-box]").check()
    page.get_by_role("button", name="分给某人").click()
    page.get_by_label("转给谁").select_option(index=0)
    page.get_by_role("button", name="看看会改哪些").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("3 条里会改 [12] 条"))
    page.get_by_role("button", name=re.compile("处理这")).dblclick()
    expect(page.get_by_role("status")).to_have_text(re.compile("3 条里改了 [12] 条"))
    page.get_by_role("link", name="回到列表").click()
    chosen = {
        UUID(v)
        for v in page.locator("input[name=lead]").evaluate_all("all => all.map(b => b.value)")
    }
    assert len(chosen) == 3
    assert len({with_whom(lead_id) for lead_id in chosen}) == 1


def test_rows_are_chosen_by_keys_and_by_shift(company: Company, sit: Sit) -> None:
    page = sit(company.manager).open("/leads?view=")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert boxes(page) == [True] * 3 + [False] * 3
    expect(bar).to_contain_text("已选 3 条")
    page.keyboard.press("x")
    assert boxes(page) == [True] * 2 + [False] * 4
    page.locator("input[name=lead]").nth(5).click(modifiers=["Shift"])
    assert boxes(page) == [True, True] + [True] * 4
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.value") == "assign"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("jx")
    assert page.locator("#q").input_value() == "jx"


def test_a_change_is_taken_back(company: Company, sit: Sit) -> None:
    page = sit(company.manager, language="en-US").open("/leads?grade=3")
    page.locator("[data-page-box]").check()
    page.locator("#bulk").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Change 4 leads").click()
    assert Placement.objects.filter(kind="closed", closed_at=None).count() == 4
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("button", name="Do it").click()
    until(lambda: not Placement.objects.filter(kind="closed", closed_at=None).exists())
    expect(page.get_by_role("status")).to_have_text("Changed 4 of 4")


def test_without_scripts_the_whole_way_is_there(company: Company, sit: Sit) -> None:
    page = sit(company.manager, java_script_enabled=False).open("/leads?grade=3")
    page.locator("[data-filter]").click()
    page.get_by_label("地区").fill("广东")
    page.get_by_role("button", name="显示").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("input[name=all]").check()
    page.get_by_role("button", name="关闭", exact=True).click()
    page.get_by_role("button", name="看看会改哪些").click()
    page.get_by_role("button", name="处理这 1 条线索").click()
    assert Placement.objects.filter(kind="closed", closed_at=None).count() == 1


@pytest.mark.parametrize(("size", "language", "theme"), LOOKS)
def test_no_page_is_wider_than_its_window(
    company: Company, sit: Sit, size: tuple[int, int], language: str, theme: str
) -> None:
    desk = sit(company.manager, size=size, language=language, color_scheme=theme)
    for path in (
        "/leads?grade=3",
        "/leads/columns",
        "/leads/views",
        "/leads/views/new?grade=3",
        "/leads/bulk",
    ):
        page = desk.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert not Layout.objects.exists()
