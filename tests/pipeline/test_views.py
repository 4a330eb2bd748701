from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clew.access.models import Member, Role
from clew.base.ids import uuid7
from clew.base.models import Entry
from clew.handoff.actions.leads import close as end
from clew.handoff.actions.leads import to_pool
from clew.handoff.actions.seats import join
from clew.handoff.models import Placement
from clew.pipeline.models import Call, Draft, Task
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, enquire, found, member
from tests.pipeline.desk import NOON, Desk, desk, holder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> object:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def browser(member: Member, language: str = "zh-hans") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(member)
    return client


def address(name: str, lead_id: UUID) -> str:
    return reverse(f"pipeline:{name}", args=[lead_id])


def sheet(**changes: str) -> dict[str, str]:
    return {"call_id": str(uuid7()), "result": "no_answer", "go": "stay"} | changes


def test_the_day_shows_what_to_do_and_why_and_no_full_number() -> None:
    at = desk()
    page = browser(at.holder).get(reverse("pipeline:my_day")).text
    assert "周建国" in page
    assert "来自site，说“" in page
    assert "首次联系限 10 分" in page
    assert "138****5678" in page
    assert "13812345678" not in page


def test_the_day_speaks_english_too() -> None:
    at = desk()
    page = browser(at.holder, "en").get(reverse("pipeline:my_day")).text
    assert "First contact within 10 min" in page
    assert "From site, says “" in page


def test_an_empty_day_offers_one_thing_to_do() -> None:
    at = desk()
    idle = next(p for p in at.company.people if p != at.holder)
    page = browser(idle).get(reverse("pipeline:my_day")).text
    assert "都跟完了" in page
    assert "去公海领取" in page


def test_a_part_of_the_day_has_its_own_address() -> None:
    at = desk()
    client = browser(at.holder)
    assert f"r-{at.lead_id}" in client.get(reverse("pipeline:my_day") + "?part=0").text
    assert f"r-{at.lead_id}" not in client.get(reverse("pipeline:my_day") + "?part=2").text


def test_a_row_is_given_alone_and_is_nothing_for_another_day() -> None:
    at = desk()
    client = browser(at.holder)
    assert client.get(address("row", at.lead_id)).text.startswith("<li")
    client.post(address("call", at.lead_id), sheet(next="tomorrow"))
    assert client.get(address("row", at.lead_id)).status_code == 204


def test_result_and_save_are_enough_to_log_a_call() -> None:
    at = desk()
    answer = browser(at.holder).post(address("call", at.lead_id), sheet())
    assert answer.status_code == 302
    call = Call.objects.get()
    assert (call.result, call.member) == ("no_answer", at.holder)
    assert Task.objects.get().due_at == NOON + timedelta(hours=1)


def test_saving_goes_on_to_the_next_call() -> None:
    at = desk()
    client = browser(at.holder)
    assert client.post(address("call", at.lead_id), sheet(go="next"))["Location"] == "/my-day"
    other = next(
        other
        for n in range(9)
        if Placement.objects.filter(
            lead=(other := enquire(at.company.site, phone=f"1390000000{n}", **HOT)),
            seat__member=at.holder,
        ).exists()
    )
    answer = client.post(address("call", at.lead_id), sheet(go="next"))
    assert answer["Location"] == address("call", other) + "#dial"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"result": ""}, "选一个通话结果"),
        ({"next": "date"}, "选下次联系的时间"),
        ({"next": "date", "date": "2020-01-01T10:00"}, "下次联系要在现在之后"),
        ({"note": "x\0y"}, ""),
        ({"note": "x" * 2001}, ""),
        ({"call_id": "none"}, ""),
        ({"result": "shouted"}, ""),
    ],
)
def test_a_sheet_that_cannot_be_kept_keeps_what_was_typed(
    typed: dict[str, str], words: str
) -> None:
    at = desk()
    answer = browser(at.holder).post(
        address("call", at.lead_id), sheet(**({"note": "先寄样机"} | typed))
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert "先寄样机" in answer.text or "note" in typed
    assert not Call.objects.exists()


def test_a_chosen_date_is_in_local_time() -> None:
    at = desk()
    chosen = sheet(next="date", date="2026-11-25T09:30")
    browser(at.holder).post(address("call", at.lead_id), chosen)
    assert Task.objects.get().due_at == datetime(2026, 11, 25, 9, 30, tzinfo=NOON.tzinfo)


def test_a_draft_comes_back_with_the_id_of_its_call() -> None:
    at = desk()
    client = browser(at.holder)
    typed = sheet(note="要先寄样机", said="quote", result="answered")
    assert client.post(address("draft", at.lead_id), typed).status_code == 204
    page = client.get(address("call", at.lead_id)).text
    assert "要先寄样机" in page
    assert typed["call_id"] in page
    client.post(address("call", at.lead_id), typed)
    assert not Draft.objects.exists()


def test_a_number_is_shown_for_a_purpose_and_on_record() -> None:
    at = desk()
    client = browser(at.holder)
    page = client.post(address("reveal", at.lead_id), {"purpose": "call"}).text
    assert "138 1234 5678" in page
    entry = Entry.objects.get(name="IdentifiersRevealed")
    assert (entry.actor_id, entry.data["purpose"]) == (str(at.holder.pk), "call")
    assert "1234 5678" not in client.get(address("lead", at.lead_id)).text
    assert client.post(address("reveal", at.lead_id), {"purpose": ""}).status_code == 422


def test_the_lead_page_tells_the_whole_story_and_adds_up() -> None:
    at = desk()
    client = browser(at.holder)
    client.post(address("call", at.lead_id), sheet(note="老板周三来", result="answered"))
    page = client.get(address("lead", at.lead_id)).text
    for words in ("收到：site", "分给", "接通", "老板周三来", "今天急要 20 台", "合计", "轮派"):
        assert words in page


def test_why_a_lead_went_there_is_recomputed() -> None:
    at = desk()
    page = browser(at.holder).get(address("why", at.lead_id)).text
    assert "用当时的输入重算，结果相同" in page
    assert "3 → 3" in page


def test_a_pool_lead_is_claimed_from_the_pool_page() -> None:
    at = desk()
    cold = enquire(at.company.site, name="冷线索", phone="13900000000", **COLD)
    client = browser(at.holder)
    assert "冷线索" in client.get(reverse("pipeline:pool")).text
    assert client.post(address("claim", cold))["Location"] == address("lead", cold)
    assert "冷线索" in client.get(reverse("pipeline:leads") + "?place=person").text


def test_who_is_slower_is_told_so_and_stays_at_the_pool() -> None:
    at = desk()
    at.company.seats[0].__class__.objects.update(capacity=0)
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=NOON, reason="grade")
    client = browser(at.holder)
    answer = client.post(address("claim", at.lead_id), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("pipeline:pool")


def test_a_repeat_leads_to_its_lead() -> None:
    at = desk()
    repeat = enquire(at.company.site, phone="13812345678", **HOT)
    page = browser(at.holder).get(address("lead", repeat)).text
    assert "第 2 次留言" in page


def test_a_manager_sees_the_teams_leads_but_has_an_empty_day() -> None:
    at: Desk = desk()
    client = browser(at.company.manager)
    assert "周建国" in client.get(reverse("pipeline:leads")).text
    assert "周建国" not in client.get(reverse("pipeline:my_day")).text


def test_a_lead_is_finished_and_moved_from_its_page() -> None:
    at = desk()
    client = browser(at.holder)
    client.post(address("plan", at.lead_id), {"next": "tomorrow"})
    assert Task.objects.get(done_at=None).due_at == NOON.replace(day=24, hour=10)
    client.post(address("close", at.lead_id), {"reason": "won"})
    assert Placement.objects.get(lead=at.lead_id, closed_at=None).reason == "won"


def test_a_manager_gives_a_lead_to_a_colleague_but_not_beyond_the_own_teams() -> None:
    at = desk()
    client = browser(at.company.manager)
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    stands = Placement.objects.get(lead=at.lead_id, closed_at=None).pk
    client.post(address("assign", at.lead_id), {"seat_id": other.pk, "stands": stands})
    assert holder(at.lead_id) == other.member
    stranger = member(at.company.organisation, "stranger", Role.SALESPERSON)
    outside = join(
        at.company.offline.pk, stranger.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON
    )
    answer = client.post(
        address("assign", at.lead_id), {"seat_id": outside.pk, "stands": stands + 1}
    )
    assert answer.status_code == 404
    assert holder(at.lead_id) == other.member


def test_of_two_managers_on_a_leads_page_the_second_is_told_and_changes_nothing() -> None:
    at = desk()
    first, second = (seat for seat in at.company.seats if seat.member != at.holder)
    client = browser(at.company.manager)
    shown = client.get(address("lead", at.lead_id)).text
    stands = Placement.objects.get(lead=at.lead_id, closed_at=None).pk
    assert f'name="stands" value="{stands}"' in shown
    for seat in (first, second):
        told = client.post(
            address("assign", at.lead_id), {"seat_id": seat.pk, "stands": stands}, follow=True
        )
    assert "期间有人改过这条线索" in told.text
    assert holder(at.lead_id) == first.member


def test_a_closed_lead_is_taken_up_again_by_a_manager() -> None:
    at = desk()
    browser(at.holder).post(address("close", at.lead_id), {"reason": "lost_price"})
    client = browser(at.company.manager)
    assert "重新打开" in client.get(address("lead", at.lead_id)).text
    client.post(address("reopen", at.lead_id))
    assert holder(at.lead_id) == at.holder


def test_who_has_no_seat_is_led_to_the_leads() -> None:
    at = desk()
    page = browser(at.company.manager).get(reverse("pipeline:my_day")).text
    assert "没有分给你的线索" in page
    assert "去公海领取" not in page


def test_an_ambiguous_region_names_its_candidates_and_a_clear_one_its_place() -> None:
    at = desk()
    vague = enquire(at.company.site, NOON, phone="13911112222", region="鼓楼区")
    clear = enquire(at.company.site, NOON, phone="13911113333", region="昆山开发区")
    manager = at.company.administrator
    page = browser(manager).get(address("lead", vague)).text
    assert "（南京、徐州、福州、开封？）" in page
    assert "(南京, 徐州, 福州, 开封?)" in browser(manager, "en").get(address("lead", vague)).text
    assert "江苏 苏州 昆山" in browser(manager).get(address("lead", clear)).text
    assert "江苏 苏州 昆山" in browser(manager).get(reverse("pipeline:leads")).text


@pytest.mark.parametrize("who", ["admin", "manager", "salesperson"])
@pytest.mark.parametrize(
    "page",
    [
        "/leads?view=",
        "/leads?source=site&grade=3&reached=tried&end=open&channel=online",
        "/leads?sort=best",
        "/leads?columns=first_contact,last_contact,next,calls,source",
        "/leads?q=zjg",
        "/leads?q=1380",
        "/leads/count?place=person",
        "/my-day",
        "/pool",
        "/leads/{lead}",
        "/leads/{lead}/why",
    ],
)
def test_the_number_of_statements_does_not_grow(page: str, who: str) -> None:
    company = found(weights=(1,), capacity=200)
    first = enquire(company.site, name="周建国", phone="13800000000", **HOT)
    people = {"admin": company.administrator, "manager": company.manager}
    client = browser(people.get(who, company.people[0]))
    address = page.format(lead=first)
    counts = []
    for more in (3, 9):
        for n in range(more):
            phone = f"1380001{len(counts)}{n:03d}"
            enquire(company.site, name="周建国", phone=phone, **(HOT if n % 3 else COLD))
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 53


def test_who_won_a_lead_reads_on_and_changes_nothing() -> None:
    at = desk()
    end(at.lead_id, reason="won", actor=TESTER, now=NOON)
    client, page = browser(at.holder), address("lead", at.lead_id)
    shown = client.get(page)
    assert shown.status_code == 200
    assert "它在您手上结束" in shown.text
    for gone in ("correct", "set_fields", "reopen", "plan", "close"):
        assert address(gone, at.lead_id) not in shown.text
    assert page in client.get(reverse("pipeline:leads") + "?end=won").text
    assert page not in client.get(reverse("pipeline:leads") + "?end=left").text
    facts = {"category": "", "shown_category": "", "region": "苏州", "shown_region": ""}
    assert client.post(address("correct", at.lead_id), facts).status_code == 409
    estimate = reverse("moves:estimate", args=[at.lead_id])
    assert client.post(estimate, {"value": "5"}).status_code == 409
    assert "13812345678" in client.post(address("reveal", at.lead_id), {"purpose": "call"}).text
    other = next(one for one in at.company.people if one != at.holder)
    assert browser(other).get(page).status_code == 404
    assert "它在您手上结束" not in browser(at.company.manager).get(page).text
    answer = browser(at.company.manager).post(address("correct", at.lead_id), facts)
    assert answer.status_code == 302
