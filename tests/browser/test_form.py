"""A hosted form in a real browser: work instead of waiting, one press, and any input method."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clew.access.models import Organisation
from clew.capture.models import ConsentText, Form, Submission
from clew.capture.queries import open_body
from clew.capture.schemas import Body
from tests.browser.conftest import PHONE, Server, _settle
from tests.capture.sender import PHONE as NUMBER
from tests.capture.sender import site

Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Visit]:
    """Open the form as a visitor with a phone."""
    text = ConsentText.objects.create(
        purpose="enquiry", version=1, wording={"zh-hans": "点即同意"}, created_at=datetime.now(UTC)
    )
    Form.objects.create(
        slug="ask",
        organisation=Organisation.objects.create(name="启衡工控", phone="0512-5555-0100"),
        source=site(),
        consent_text=text,
        title="今天问，今天有价",
        button="要报价",
        question="什么时候用？",
        options=["这周", "这个月"],
    )
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def come(**options: Any) -> Page:
        width, height = PHONE
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.address}/f/ask")
        return page

    yield come
    for context in contexts:
        context.close()
    _settle()
    assert complaints == []


def sent() -> Body:
    one = Submission.objects.get()
    return open_body(one.pk, one.body)


def test_with_a_script_a_form_is_sent_at_once_and_asks_one_question(visit: Visit) -> None:
    page = visit()
    page.get_by_label("手机或微信号").fill(NUMBER)
    page.get_by_role("button", name="要报价").click()
    expect(page.get_by_role("heading", name="会有同事联系您")).to_be_visible()
    assert sent().evidence["proof"] == "work"
    page.get_by_role("button", name="这周").click()
    expect(page.get_by_role("status")).to_contain_text("记下了")
    assert Submission.objects.count() == 2


def test_pressing_many_times_stores_once(visit: Visit) -> None:
    page = visit()
    page.get_by_label("手机或微信号").fill(NUMBER)
    page.get_by_role("button", name="要报价").click(click_count=4, no_wait_after=True)
    expect(page.get_by_role("heading", name="会有同事联系您")).to_be_visible()
    assert Submission.objects.count() == 1


def test_a_mistake_keeps_what_was_typed_and_the_next_press_sends_it(visit: Visit) -> None:
    page = visit()
    page.get_by_label("手机或微信号").fill("abc")
    page.get_by_label("要什么").fill("3 台 400W")
    page.get_by_role("button", name="要报价").click()
    expect(page.get_by_text("用这个联系不上您")).to_be_visible()
    expect(page.get_by_label("要什么")).to_have_value("3 台 400W")
    page.get_by_label("手机或微信号").fill(NUMBER)
    page.get_by_role("button", name="要报价").click()
    expect(page.get_by_role("heading", name="会有同事联系您")).to_be_visible()
    assert sent().lead.message == "3 台 400W"


def test_enter_that_ends_a_composition_does_not_send(visit: Visit) -> None:
    page = visit()
    field = page.get_by_label("手机或微信号")
    field.fill(NUMBER)
    field.dispatch_event("compositionstart")
    field.press("Enter")
    page.wait_for_timeout(500)
    assert page.url.endswith("/f/ask")
    assert not Submission.objects.exists()
    field.dispatch_event("compositionend")
    page.wait_for_timeout(50)
    field.press("Enter")
    expect(page.get_by_role("heading", name="会有同事联系您")).to_be_visible()


def test_without_a_script_waiting_takes_the_place_of_work(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_label("手机或微信号").fill(NUMBER)
    page.get_by_role("button", name="要报价").click()
    expect(page.get_by_role("alert")).to_contain_text("太快了")
    expect(page.get_by_label("手机或微信号")).to_have_value(NUMBER)
    page.wait_for_timeout(3100)
    page.get_by_role("button", name="要报价").click()
    expect(page.get_by_role("heading", name="会有同事联系您")).to_be_visible()
    assert sent().evidence["proof"] == "time"


def test_the_pages_own_hash_is_sha_256(visit: Visit) -> None:
    page = visit()
    address = page.locator("script[type=module]").get_attribute("src")
    texts = ["", "abc", *("x" * n for n in (3, 4, 31, 32, 33, 54)), "0123456789abcdef" * 2 + ":77"]
    script = (
        "async ([address, texts]) => { const m = await import(address); return texts.map(m.head) }"
    )
    heads = page.evaluate(script, [address, texts])
    own = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") for text in texts]
    assert heads == own


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_fits_a_small_phone(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name="要报价")).to_be_in_viewport()
