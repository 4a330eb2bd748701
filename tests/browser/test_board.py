"""The board in a real browser: a card goes by drag, by keys and by its menu, and goes back where it may not go."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Response, expect

from clew.base.outbox import follow
from clew.handoff.models import Placement
from clew.pipeline.moves.actions.leads import move
from clew.pipeline.moves.models import Exit, Stage, Stay
from clew.pipeline.moves.queries import standing_of
from clew.web.flow import FACTS
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.pipeline.desk import NOON, Desk, desk
from tests.running import until

LOOKS = (
    (DESKTOP, "zh-CN", "light"),
    (DESKTOP, "en-US", "dark"),
    (PHONE, "zh-CN", "dark"),
    (PHONE, "en-US", "light"),
)


@pytest.fixture
def at() -> Desk:
    return desk()


def key_of(at: Desk) -> str:
    found = standing_of(at.lead_id)
    return Stage.objects.get(pk=found.stage_id).key if found else ""


def is_fragment(answer: Response) -> bool:
    return "x-fragment" in answer.request.headers


def column(page: Page, key: str) -> str:
    stage = Stage.objects.get(pipeline__side="online", key=key)
    return f'.c-col[data-stage="{stage.pk}"]'


def test_a_card_is_dragged_into_another_stage(at: Desk, sit: Sit) -> None:
    page = sit(at.holder).open("/board")
    page.drag_and_drop(f"#k-{at.lead_id}", column(page, "offer"))
    expect(page.locator(f"{column(page, 'offer')} .c-kard")).to_have_count(1)
    until(lambda: key_of(at) == "offer")
    expect(page.locator(column(page, "asked")).locator("[data-count]")).to_have_text("0")


def test_a_card_in_hand_stays_while_news_come_and_they_are_shown_after(at: Desk, sit: Sit) -> None:
    page = sit(at.holder).open("/board")
    with page.expect_response(is_fragment):
        page.reload()
    page.locator(f"#k-{at.lead_id}").hover()
    page.mouse.down()
    with page.expect_response(is_fragment):
        meeting = Stage.objects.get(pipeline__side="online", key="meeting")
        move(at.lead_id, meeting.pk, member=at.company.manager, now=NOON)
    page.wait_for_timeout(300)
    expect(page.locator(f"{column(page, 'asked')} .c-kard")).to_have_count(1)
    page.mouse.move(5, 5)
    page.mouse.up()
    expect(page.locator(f"{column(page, 'meeting')} .c-kard")).to_have_count(1)


def test_a_card_is_carried_by_keys_and_put_back_by_escape(at: Desk, sit: Sit) -> None:
    page = sit(at.holder).open("/board")
    card = page.locator(f"#k-{at.lead_id}")
    card.focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#said")).to_have_text("放回了原处")
    assert key_of(at) == "asked"
    for key in ("Space", "ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    until(lambda: key_of(at) == "consultation")
    expect(page.locator(f"#k-{at.lead_id}")).to_be_focused()


def test_a_card_that_somebody_moved_meanwhile_says_so_and_goes_back(at: Desk, sit: Sit) -> None:
    seat = sit(at.holder)
    page = seat.open("/board")
    page.route("**/stream", lambda route: route.abort())
    page.reload()
    move(at.lead_id, Stage.objects.get(pipeline__side="online", key="meeting").pk,
         member=at.company.manager, now=NOON)  # fmt: skip
    page.drag_and_drop(f"#k-{at.lead_id}", column(page, "offer"))
    expect(page.locator("#toast")).to_contain_text("别人刚移动过")
    expect(page.locator(f"{column(page, 'asked')} .c-kard")).to_have_count(1)
    assert key_of(at) == "meeting"
    assert [told for told in seat.complaints if "409" not in told] == []
    seat.complaints.clear()  # the browser says of every refusal that it was one


def test_the_menu_moves_without_a_script_and_winning_asks_first(at: Desk, sit: Sit) -> None:
    page = sit(at.holder, java_script_enabled=False).open("/board")
    page.locator(".c-kmenu summary").click()
    page.get_by_role("button", name="报价").click()
    assert key_of(at) == "offer"
    page.goto(page.url)
    page.locator(".c-kmenu summary").click()
    page.get_by_role("link", name="成交或离开…").click()
    page.get_by_role("button", name="联系不上").click()
    assert Exit.objects.get().end == "lost_silent"
    assert Stay.objects.filter(lead=at.lead_id, left_at=None).count() == 0


def test_put_on_winning_a_card_asks_what_it_came_to(at: Desk, sit: Sit) -> None:
    page = sit(at.holder).open("/board")
    page.locator(f"#k-{at.lead_id}").focus()
    for key in ("Space", *["ArrowRight"] * 8, "Space"):
        page.keyboard.press(key)
    page.locator("#value").fill("8800")
    page.get_by_role("button", name="成交，结束它").click()
    until(lambda: Placement.objects.filter(lead=at.lead_id, reason="won").exists())
    follow(FACTS, NOON + timedelta(hours=1))
    assert key_of(at) == "payment"


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
def test_the_board_fits_its_window(
    at: Desk, sit: Sit, size: tuple[int, int], language: str, scheme: str
) -> None:
    page = sit(at.holder, size=size, language=language, color_scheme=scheme).open("/board")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".c-kmenu summary").click()
    menu = page.locator(".c-kmenu .c-menu")
    expect(menu.get_by_role("button").last).to_be_visible()
