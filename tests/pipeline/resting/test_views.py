"""The page of whoever looks after what rests: what is due, one lead, touches, and who may not see it."""

from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.access.models import Member
from clew.base.models import Entry
from clew.pipeline.resting.models import Rest, RestPolicy, Touch
from tests.company import HOT, enquire, found
from tests.pipeline.desk import NOON, Desk
from tests.pipeline.resting.make import DAY, facts, lose, policy, rest_of, rested, say

pytestmark = pytest.mark.django_db
DUE = NOON + 40 * DAY


def browser(who: Member, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(who)
    return client


def sent(at: Desk, result: str, **other: str) -> dict[str, str]:
    return {
        "touch": str(uuid4()),
        "seen": str(rest_of(at.lead_id).touch_count),
        "result": result,
        **other,
    }


@pytest.fixture
def at() -> object:
    """A lead that is due to be touched."""
    made = rested()
    with time_machine.travel(DUE, tick=False):
        yield made


def test_what_is_due_stands_first_with_why_it_rests_and_one_tap_keeps_a_touch(at: Desk) -> None:
    keeper = at.company.people[0]
    client = browser(keeper)
    page = client.get("/resting").text
    for told in ("周建国", "昆山锐达自动化设备厂", "Lost: no need", "none yet", "site"):
        assert told in page
    answer = client.post(f"/resting/{at.lead_id}/touch", sent(at, "not_now"), follow=True)
    assert "Kept: Called: not now. Due again 2/" in answer.text
    assert "Nothing is due today" in answer.text
    whole = client.get("/resting?show=all").text
    assert "Called: not now" in whole
    assert keeper.name in whole
    assert "打了，暂时不要" in browser(keeper, "zh-CN").get("/resting?show=all").text


def test_a_touch_stays_in_the_list_it_was_made_from(at: Desk) -> None:
    client = browser(at.company.people[0])
    answer = client.post(f"/resting/{at.lead_id}/touch", sent(at, "no_answer", back="all"))
    assert answer["Location"] == "/resting?show=all"


def test_shown_interest_tells_what_follows_and_leaves_the_list(at: Desk) -> None:
    client = browser(at.company.people[0])
    answer = client.post(f"/resting/{at.lead_id}/touch", sent(at, "interest"), follow=True)
    assert "goes to somebody by turn" in answer.text
    assert "Nothing rests" in answer.text
    page = client.get(f"/resting/{at.lead_id}").text
    assert "They showed interest" in page
    assert "Show the number" not in page


def test_who_comes_second_is_told_by_whom(at: Desk) -> None:
    policy(at.company, keepers=tuple(at.company.people[:2]))
    mine = sent(at, "no_answer")
    say(at.lead_id, "wechat_added", at.company.people[1], now=DUE)
    answer = browser(at.company.people[0]).post(f"/resting/{at.lead_id}/touch", mine, follow=True)
    assert f"{at.company.people[1].name} was faster and has touched it already." in answer.text
    assert Touch.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"touch": "none"}, {"seen": "x"}, {"seen": "-1"}, {"result": "sold"}]
)
def test_what_makes_no_sense_is_said_so_and_changes_nothing(
    at: Desk, wrong: dict[str, str]
) -> None:
    client = browser(at.company.people[0])
    answer = client.post(f"/resting/{at.lead_id}/touch", sent(at, "no_answer") | wrong, follow=True)
    assert "Choose what came of it" in answer.text
    assert not Touch.objects.exists()


def test_the_number_is_shown_on_the_record_to_whoever_looks_after_it_alone(at: Desk) -> None:
    client = browser(at.company.people[0])
    address = f"/resting/{at.lead_id}"
    assert "138 1234 0001" not in client.get(address).text
    assert "138 1234 0001" in client.post(f"{address}/reveal").text
    assert Entry.objects.filter(name="IdentifiersRevealed", subject=at.lead_id).count() == 1
    other = browser(at.company.people[1])
    for answer in (other.get(address), other.post(f"{address}/reveal")):
        assert answer.status_code == 404
    assert other.post(f"{address}/touch", sent(at, "no_answer")).status_code == 404
    say(at.lead_id, "never", at.company.people[0], now=DUE)
    answer = client.post(f"{address}/reveal", follow=True)
    assert "138 1234 0001" not in answer.text
    assert Entry.objects.filter(name="IdentifiersRevealed", subject=at.lead_id).count() == 1


def test_only_who_looks_after_it_finds_it_in_the_menu(at: Desk) -> None:
    link = 'href="/resting"'
    for who in (at.company.people[0], at.company.manager, at.company.administrator):
        assert link in browser(who).get("/leads").text
    other = browser(at.company.people[1])
    assert link not in other.get("/leads").text
    assert "You look after no no-intent pool" in other.get("/resting").text


def test_a_manager_sees_the_pools_of_the_own_teams_and_goes_on_to_the_lead(at: Desk) -> None:
    page = browser(at.company.manager).get(f"/resting/{at.lead_id}").text
    assert f"/leads/{at.lead_id}" in page
    colleague = next(one for one in at.company.people if one != at.holder)
    assert "/leads/" not in browser(colleague).get(f"/resting/{at.lead_id}").text
    whole = browser(at.company.manager).get(f"/leads/{at.lead_id}").text
    assert "Rests in the no-intent pool" in whole


def test_whoever_gets_the_new_lead_reads_where_its_person_was(at: Desk) -> None:
    again = enquire(at.company.site, DUE, phone="13812340001", **HOT)
    facts(DUE)
    page = browser(at.company.manager).get(f"/leads/{again}").text
    assert "Back from the no-intent pool: this person wrote again" in page


def test_the_list_takes_as_many_statements_whatever_it_shows() -> None:
    company = found(capacity=500)
    policy(company, every_days=1)
    counts = []
    with time_machine.travel(DUE, tick=False):
        client = browser(company.manager)
        for first, count in ((0, 2), (10, 20)):
            for n in range(first, first + count):
                lead_id = enquire(company.site, phone=f"1381234{n:04d}", **HOT)
                lose(lead_id)
                say(lead_id, "no_answer", company.people[0])
            for address in ("/resting", "/resting?show=all"):
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(address).text.count("<tr>") > count
                counts.append(len(seen))
    assert counts[:2] == counts[2:]


def test_all_are_shown_page_by_page() -> None:
    company = found(capacity=500)
    policy(company)
    for n in range(52):
        lose(enquire(company.site, phone=f"1381234{n:04d}", **HOT))
    client = browser(company.people[0])
    first = client.get("/resting?show=all")
    (link,) = [w for w in first.text.split('"') if w.startswith("?show=all&after=")]
    second = client.get(f"/resting{link}")
    shown = {row.rest.pk for answer in (first, second) for row in answer.context["page"].rows}
    assert len(shown) == Rest.objects.count() == 52


def test_a_manager_says_what_comes_in_and_who_looks_after_it() -> None:
    company = found()
    who = company.people[1]
    client = browser(company.manager)
    given = {
        "once": str(uuid4()),
        "rest-ends": ["lost_need", "lost_silent"],
        "rest-tries": "5",
        "rest-every_days": "20",
        "rest-touches_at_most": "4",
        "rest-back_days": "90",
        "rest-keepers": [str(who.pk)],
    }
    page = client.post(f"/pools/{company.online.pk}", given, follow=True).text
    assert "Touched every 20 working days, at most 4 times" in page
    assert "In the pool, called 5 times and never answered" in page
    assert who.name in page
    kept = RestPolicy.objects.get()
    assert (kept.ends, kept.tries, kept.turns) == (["lost_need", "lost_silent"], 5, None)
    assert kept.since
    assert 'value="20"' in client.get(f"/pools/{company.online.pk}").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"rest-ends": "won"},
        {"rest-every_days": "0"},
        {"rest-touches_at_most": "101"},
        {"rest-keepers": "999999"},
    ],
)
def test_what_cannot_hold_is_refused(wrong: dict[str, str]) -> None:
    company = found()
    given = {"once": str(uuid4()), "rest-tries": "5", **wrong}
    answer = browser(company.manager).post(f"/pools/{company.online.pk}", given)
    assert answer.status_code == 422
    assert not RestPolicy.objects.exists()


def test_an_administrator_says_what_comes_into_the_companys() -> None:
    company = found()
    given = {
        "once": str(uuid4()),
        "rest-pooled_days": "60",
        "rest-keepers": str(company.people[2].pk),
    }
    page = browser(company.administrator).post("/pools/company", given, follow=True).text
    assert "nobody claimed it for 60 days" in page
    assert RestPolicy.objects.get(team=None).keepers.get().member == company.people[2]
