"""The whole way of a spreadsheet in a real browser: choose, say, check, import, undo, import again."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import FilePayload, Page, expect

from clew.capture.models import Import, Submission
from clew.contacts.models import Lead
from clew.web import importing
from clew.web.worker import run_belt_once
from tests.browser.conftest import PHONE, Sit
from tests.company import Company, found

SHEET = (
    "客户姓名,联系手机,微　信,询价内容\r\n"
    "张三,１３８１２３４５６７８,,要 20 台 400W 伺服电机\r\n"
    "李四,,lisi_2026,变频器 7.5kW 有现货吗\r\n"
    "王五,1.38E+10,,请寄样本\r\n"
    "张三,13812345678,,要 20 台 400W 伺服电机\r\n"
)
PATIENCE = 15_000


@pytest.fixture
def company() -> Company:
    return found()


@pytest.fixture
def worker() -> Iterator[None]:
    """Import and belt carried on beside the browser, as the worker does it."""
    is_over = threading.Event()

    def carry_on() -> None:
        while not is_over.wait(0.05):
            now = datetime.now(UTC)
            importing.work(now)
            run_belt_once(now)
        connections.close_all()

    thread = threading.Thread(target=carry_on)
    thread.start()
    yield
    is_over.set()
    thread.join()


def choose(page: Page, name: str, content: bytes) -> None:
    payload = FilePayload(name=name, mimeType="text/csv", buffer=content)
    page.locator("#file").set_input_files(payload)
    expect(page).to_have_url(re.compile("/columns$"), timeout=PATIENCE)


def check(page: Page) -> None:
    page.get_by_role("button", name="逐行检查").dblclick()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("没问题", timeout=PATIENCE)


def bring(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^导入")).dblclick()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("导入了", timeout=PATIENCE)


@pytest.mark.usefixtures("worker")
def test_a_spreadsheet_goes_in_is_taken_back_and_goes_in_again(
    company: Company, sit: Sit, tmp_path: Path
) -> None:
    page = sit(company.administrator).open("/imports/new")
    choose(page, "展会名单.csv", SHEET.encode("gb18030"))
    expect(page.get_by_text("GB18030 · 逗号分隔")).to_be_visible()
    page.get_by_role("radio", name="新咨询").check()
    expect(page.get_by_role("radio", name="新咨询")).to_be_focused()  # the page came anew
    page.get_by_label("从哪里来的？").select_option("site")
    expect(page.get_by_text("+8613812345678").first).to_be_visible()
    check(page)
    expect(page.locator(".c-tile .c-figure")).to_have_text(["2", "0", "1", "1"])
    assert Submission.objects.count() == 0
    page.reload()
    bring(page)
    assert Lead.objects.count() == 2

    with page.expect_download() as kept:
        page.get_by_role("link", name="CSV").click()
    file = tmp_path / "bad.csv"
    kept.value.save_as(file)
    assert "号码在 Excel 里丢了位数" in file.read_text("utf-8-sig")

    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_role("button", name="就这么办").click()
    undone = page.get_by_role("heading", name="这次导入已撤销")
    expect(undone).to_be_visible(timeout=PATIENCE)
    assert Lead.objects.count() == 0

    page.get_by_role("button", name="再导入一次").dblclick()
    expect(page.get_by_text("填好")).to_be_visible(timeout=PATIENCE)
    check(page)
    bring(page)
    assert Lead.objects.count() == 2
    assert Import.objects.count() == 2


@pytest.mark.usefixtures("worker")
def test_a_file_is_given_up_on_the_phone(company: Company, sit: Sit) -> None:
    page = sit(company.administrator, size=PHONE).open("/imports/new")
    choose(page, "展会名单.csv", SHEET.encode("gb18030"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="不导了").click()
    page.get_by_role("button", name="就这么办").click()
    expect(page.get_by_role("heading", name="线索在表格里？")).to_be_visible()
    assert not Import.objects.exists()
