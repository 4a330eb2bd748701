"""The page of suspected duplicates: for whom, what it shows, what its buttons do, and what stays hidden."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.access.models import Member, Role
from clew.contacts.belt.suspecting import search
from clew.contacts.models import Contact, Lead, Merge, Suspect
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import log_call
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, member
from tests.pipeline.desk import call, holder
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(minutes=5)
LI = {"phone": "13812345678", "name": "李建国", "company": "昆山锐达"}
TYPO = {"phone": "13812345687", "name": "李建国", "company": "昆山锐达公司"}


@pytest.fixture
def pair(company: Company) -> tuple[UUID, UUID]:
    """Two leads whose people are suspected."""
    ids = [enquire(company.site, **given, message=HOT["message"]) for given in (LI, TYPO)]
    search(LATER)
    return ids[0], ids[1]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def say(client: Client, what: str, **more: str | list[int]) -> str:
    """Decide about pairs; give what the page says then."""
    given = {"pair": [s.pk for s in Suspect.objects.all()], "what": what, **more}
    answer = client.post("/duplicates/decide", given, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_pair_is_shown_side_by_side_with_the_reasons_and_what_will_happen(
    pair: tuple[UUID, UUID], admin: Client
) -> None:
    page = text(admin, "/duplicates")
    assert "Same company, same name" in page
    assert "one digit or one swap apart" in page
    assert "138****5678" in page
    assert "138****5687" in page
    assert "13812345678" not in page
    first, second = (holder(id_).name for id_ in pair)
    assert f"with {first} stays open." in page
    assert f"with {second} closes as merged." in page


def test_merging_by_the_page_keeps_the_older_unless_the_form_says_otherwise(
    pair: tuple[UUID, UUID], admin: Client
) -> None:
    assert "1 pair merged." in say(admin, "merge", main="second", name="second", company="second")
    made = Merge.objects.get()
    assert made.survivor.leads.get().pk == pair[1]
    assert made.chosen == {"name": "survivor", "company": "survivor"}
    assert set(Contact.objects.values_list("company", flat=True)) == {"昆山锐达公司"}
    assert "No suspected duplicates" in text(admin, "/duplicates")


def test_fields_are_chosen_one_by_one(pair: tuple[UUID, UUID], admin: Client) -> None:
    say(admin, "merge", main="first", company="second", reason="同一个人")
    made = Merge.objects.get()
    assert made.chosen == {"name": "survivor", "company": "contact"}
    assert (made.company, made.reason) == ("昆山锐达公司", "同一个人")


def test_not_a_duplicate_leaves_the_list_for_good(pair: tuple[UUID, UUID], admin: Client) -> None:
    assert "Noted: 1 pair is two people." in say(admin, "different")
    assert "No suspected duplicates" in text(admin, "/duplicates")
    assert "no such pair" in say(admin, "merge")
    assert not Merge.objects.exists()


def test_several_pairs_are_decided_at_once(company: Company, admin: Client) -> None:
    for n in range(3):
        for swap in ("12", "21"):
            enquire(company.site, name=f"李{n}明", phone=f"138{n}23456{swap}")
    search(LATER)
    assert "3 pairs merged." in say(admin, "merge")
    assert Merge.objects.count() == 3
    assert "Nothing was ticked." in say(admin, "merge", pair=[])


def test_two_at_work_must_agree_by_a_tick(
    pair: tuple[UUID, UUID], company: Company, admin: Client
) -> None:
    for lead_id in pair:
        log_call(lead_id, call(), member=holder(lead_id), now=LATER)
    assert "They agree who goes on" in text(admin, "/duplicates")
    assert "Agree who goes on, tick that, and merge again." in say(admin, "merge")
    assert "1 pair merged." in say(admin, "merge", agreed="yes")


def test_a_form_that_says_nonsense_is_refused(pair: tuple[UUID, UUID], admin: Client) -> None:
    answer = admin.post("/duplicates/decide", {"pair": "1", "what": "merge", "main": "third"})
    assert answer.status_code == 422
    assert "Nothing was ticked." in say(admin, "merge", pair="x")  # type: ignore[arg-type]


def test_the_lead_page_tells_of_a_merge_and_takes_it_apart(
    pair: tuple[UUID, UUID], admin: Client
) -> None:
    say(admin, "merge")
    page = text(admin, f"/leads/{pair[1]}")
    assert "was merged with" in page
    assert f'href="/leads/{pair[0]}"' in page
    made = Merge.objects.get()
    answer = admin.post(f"/duplicates/merges/{made.pk}/apart", {"lead": str(pair[1])}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/leads/{pair[1]}"
    assert "open again" in answer.content.decode()
    assert Lead.objects.filter(ended_at=None).count() == 2
    again = admin.post(f"/duplicates/merges/{made.pk}/apart", follow=True)
    assert "taken apart already" in again.content.decode()


def test_a_merge_of_late_is_at_hand_on_the_page(pair: tuple[UUID, UUID], admin: Client) -> None:
    say(admin, "merge")
    assert f"/duplicates/merges/{Merge.objects.get().pk}/apart" in text(admin, "/duplicates")


def test_a_manager_sees_pairs_of_the_own_teams_only(
    pair: tuple[UUID, UUID], company: Company, browser: Browser
) -> None:
    hers = browser(company.manager)
    assert "Same company, same name" in text(hers, "/duplicates")
    handoff.to_pool(pair[1], team_id=company.offline.pk, actor=TESTER, now=LATER, reason="by_hand")
    assert "No suspected duplicates" in text(hers, "/duplicates")
    assert "no such pair" in say(hers, "merge")
    assert not Merge.objects.exists()


def test_who_may_not_see_the_other_is_told_its_team_and_nothing_else(
    pair: tuple[UUID, UUID], company: Company, browser: Browser
) -> None:
    stands = Placement.objects.get(lead=pair[0], closed_at=None)
    assert stands.seat
    handoff.to_pool(pair[1], team_id=company.offline.pk, actor=TESTER, now=LATER, reason="by_hand")
    page = text(browser(stands.seat.member), f"/leads/{pair[0]}")
    assert f"is with {company.offline.name} already" in page
    for hidden in (str(pair[1]), "138****5687", "昆山锐达公司", "same name"):
        assert hidden not in page


def test_whoever_may_see_both_is_led_to_compare(pair: tuple[UUID, UUID], admin: Client) -> None:
    suspect = Suspect.objects.get()
    assert f"/duplicates?pair={suspect.pk}" in text(admin, f"/leads/{pair[0]}")
    assert "Only this pair." in text(admin, f"/duplicates?pair={suspect.pk}")
    assert "No suspected" in text(admin, f"/duplicates?pair={suspect.pk + 1}")
    for odd in ("?pair=x", "?after=x", "?after=9.x", "?pair=99999999999999999999", "?after=50.1"):
        text(admin, f"/duplicates{odd}")


def test_adding_by_hand_says_at_once_that_a_stranger_has_the_person(
    company: Company, browser: Browser
) -> None:
    known = enquire(company.site, **LI)
    handoff.to_pool(known, team_id=company.offline.pk, actor=TESTER, now=LATER, reason="by_hand")
    search(LATER)
    typed: Member = member(company.organisation, "typist", Role.MANAGER, company.online)
    new = enquire(company.site, **TYPO, message=HOT["message"])
    page = text(browser(typed), f"/add/{new}")
    assert f"is with {company.offline.name} already" in page
    assert "138****5678" not in page
    admin = browser(company.administrator)
    assert f'href="/leads/{known}"' in text(admin, f"/add/{new}")


def test_pages_go_on_by_score(company: Company, admin: Client) -> None:
    for n in range(25):
        for swap in ("12", "21"):
            enquire(company.site, name=f"李{n}明", phone=f"138{n:02d}3456{swap}")
    search(LATER)
    page = text(admin, "/duplicates")
    assert page.count("data-pair") == 20
    after = page.split('href="?after=')[1].split('"')[0]
    assert text(admin, f"/duplicates?after={after}").count("data-pair") == 5


def test_a_page_takes_the_same_number_of_statements_whatever_it_shows(
    company: Company, admin: Client
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            text(admin, "/duplicates")
        return len(seen)

    _pairs(company, 1)
    few = asked()
    _pairs(company, 18)
    assert text(admin, "/duplicates").count("data-pair") == 19
    assert asked() == few <= 20


def _pairs(company: Company, count: int) -> None:
    """People one digit apart, each with an open lead somebody works on."""
    start = Contact.objects.count()
    for n in range(start, start + count):
        for swap in ("12", "21"):
            phone = f"138{n:02d}3456{swap}"
            id_ = enquire(company.site, name=f"李{n}明", phone=phone, message=HOT["message"])
            log_call(id_, call(), member=holder(id_), now=LATER)
    search(LATER + timedelta(minutes=5))
