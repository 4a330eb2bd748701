"""The search for duplicates: along the ledger, in steps, each reason found, each decision remembered."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clew.base.models import Entry
from clew.contacts.actions import dismiss
from clew.contacts.belt.suspecting import search
from clew.contacts.errors import SuspectMissing, SuspectSettled
from clew.contacts.likely import seek
from clew.contacts.models import Contact, Lead, Suspect, Trait
from clew.web import searching
from clew.web.flow import undo
from clew.web.merging import Order, merge, unmerge
from tests.company import MONDAY_NOON, TESTER, Company, enquire, found, submit

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(minutes=5)
RUIDA = "昆山锐达自动化设备厂"


def look(most: int = 1000, now: datetime = LATER) -> int:
    """Search until nothing is left; give in how many steps."""
    steps = 0
    while search(now, most):
        steps += 1
    return steps


def suspected() -> list[list[str]]:
    return list(Suspect.objects.order_by("pk").values_list("reasons", flat=True))


PAIRS = {
    "number_elsewhere": (
        {"phone": "13812345678"},
        {"email": "a@b.cn", "message": "打 138 1234 5678"},
    ),
    "same_name": (
        {"phone": "13812345678", "name": "王建国", "company": RUIDA},
        {"email": "a@b.cn", "name": "王建国先生", "company": f"{RUIDA}有限公司"},
    ),
    "alike_name": (
        {"phone": "13812345678", "name": "王建国", "company": RUIDA},
        {"email": "a@b.cn", "name": "王工", "company": RUIDA},
    ),
    "typo": ({"phone": "13812345678", "name": "王"}, {"phone": "13812345687", "name": "王"}),
    "same_mailbox": (
        {"email": "sales@a.cn", "company": RUIDA},
        {"email": "sales@b.cn", "company": RUIDA},
    ),
}


@pytest.mark.parametrize("reason", PAIRS)
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("most", [1000, 1])
def test_each_reason_is_found_whichever_comes_first(reason: str, order: int, most: int) -> None:
    company = found()
    for given in PAIRS[reason][::order]:
        enquire(company.site, **given)  # type: ignore[arg-type]
    look(most)
    assert suspected() == [[reason]]


def test_who_gave_what_is_anothers_is_suspected() -> None:
    company = found()
    enquire(company.site, phone="13812345678")
    enquire(company.site, wechat="zhou_jg")
    enquire(company.site, phone="13812345678", wechat="zhou_jg")
    look()
    assert suspected() == [["overlap"]]


def test_strangers_are_not_suspected() -> None:
    company = found()
    enquire(company.site, phone="13812345678", name="王建国", company=RUIDA)
    enquire(company.site, phone="13912345671", name="李四", company=RUIDA, message="要 20 台")
    enquire(company.site, phone="13712345672", name="王建国", company="五金商行")
    look()
    assert suspected() == []
    assert Trait.objects.count() == 3


def test_what_came_just_now_is_left_for_a_moment_and_nothing_is_looked_at_twice() -> None:
    company = found()
    for given in PAIRS["typo"]:
        enquire(company.site, **given)  # type: ignore[arg-type]
    assert look(now=MONDAY_NOON + timedelta(seconds=10)) == 0
    assert look() == 1
    assert look() == 0


def test_a_later_message_adds_a_reason_and_raises_the_score() -> None:
    company = found()
    for given in PAIRS["typo"]:
        enquire(company.site, **given)  # type: ignore[arg-type]
    look()
    first = Suspect.objects.get().score
    enquire(company.site, phone="13812345687", message="或者打 13812345678")
    look()
    assert suspected() == [["number_elsewhere", "typo"]]
    assert Suspect.objects.get().score > first


def test_not_a_duplicate_is_remembered() -> None:
    company = found()
    for given in PAIRS["typo"]:
        enquire(company.site, **given)  # type: ignore[arg-type]
    look()
    suspect = Suspect.objects.get()
    dismiss(suspect.pk, actor=TESTER, now=LATER)
    with pytest.raises(SuspectSettled):
        dismiss(suspect.pk, actor=TESTER, now=LATER)
    with pytest.raises(SuspectMissing):
        dismiss(0, actor=TESTER, now=LATER)
    enquire(company.site, phone="13812345687", message="或者打 13812345678")
    look()
    assert Suspect.objects.get().state == "different"
    assert Entry.objects.get(name="SuspicionDismissed").subject == suspect.first_id


def test_a_merge_settles_what_was_suspected_and_taking_it_apart_opens_it() -> None:
    company = found()
    ids = [enquire(company.site, **given) for given in PAIRS["typo"]]  # type: ignore[arg-type]
    look()
    kept, gone = (Lead.objects.get(pk=id_).contact_id for id_ in ids)
    made = merge(Order(gone, kept), viewer=company.administrator, now=LATER)
    assert Suspect.objects.get().state == "merged"
    enquire(company.site, phone="13812345687", message="或者打 13812345678")
    look()
    assert Suspect.objects.count() == 1
    unmerge(made.pk, viewer=company.administrator, now=LATER)
    assert Suspect.objects.get().state == "open"


def test_an_undo_takes_what_was_suspected_along() -> None:
    company = found()
    ids = [enquire(company.site, channel="file", **g) for g in PAIRS["typo"]]  # type: ignore[arg-type]
    look()
    undo(ids, LATER)
    assert not Contact.objects.exists()
    assert not Suspect.objects.exists()
    assert not Trait.objects.exists()


def test_looking_without_keeping_finds_the_same() -> None:
    company = found()
    ids = [enquire(company.site, **given) for given in PAIRS["typo"]]  # type: ignore[arg-type]
    look()
    assert [f.reasons for f in seek([ids[1]])] == [["typo"]]


def test_a_step_costs_the_same_number_of_statements_whatever_its_size() -> None:
    def cost(company: Company, count: int) -> int:
        for n in range(count):
            enquire(company.site, phone=f"1381234{n:04d}", name="王", company=RUIDA)
        with CaptureQueriesContext(connection) as seen:
            search(LATER)
        return len(seen)

    company = found()
    search(LATER)  # the first one makes the row that tells how far it has come
    few = cost(company, 3)
    assert cost(company, 30) == few


def test_the_chore_rests_while_leads_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found()
    for n in range(5):
        enquire(company.site, phone=f"1381234567{n}")
    monkeypatch.setattr(searching, "_rests_until", 0.0)
    submit(company.site, phone="13912345678")
    assert not searching.go_on(LATER)
    assert searching._rests_until > 0
