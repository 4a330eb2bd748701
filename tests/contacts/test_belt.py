import pytest

from clew.base.models import Entry
from clew.capture.models import Failure, Waiting
from clew.contacts.models import Contact, Identifier, Lead, Repeat
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, enquire, found, submit

pytestmark = pytest.mark.django_db


def test_a_first_submission_opens_a_lead_with_its_own_id() -> None:
    company = found()
    id_ = enquire(company.site, name="周建国", phone="13812345678", **HOT)
    lead = Lead.objects.get(pk=id_)
    assert (lead.contact.name, lead.contact.company) == ("周建国", HOT["company"])
    assert lead.submission_count == 1
    assert lead.cost_minor == 3860
    assert not Waiting.objects.exists()


def test_a_second_submission_strengthens_the_open_lead_and_keeps_both() -> None:
    company = found()
    first = enquire(company.site, phone="13812345678", message="要伺服")
    second = enquire(company.site, phone="+86 138 1234 5678", name="周建国")
    lead = Lead.objects.get()
    assert (lead.pk, lead.submission_count, lead.contact.name) == (first, 2, "周建国")
    assert lead.interest == "要伺服"
    assert lead.cost_minor == 2 * 3860
    assert Repeat.objects.get().submission_id == second


@pytest.mark.parametrize("known", [{"email": "A@b.cn"}, {"wechat": "zhou_jg"}])
def test_any_known_way_of_reaching_them_finds_the_person(known: dict[str, str]) -> None:
    company = found()
    enquire(company.site, phone="13812345678", email="a@b.cn", wechat="Zhou_JG")
    enquire(company.site, **known)
    assert Contact.objects.count() == 1
    assert Lead.objects.get().submission_count == 2


def test_three_of_one_person_in_one_batch_are_one_lead() -> None:
    company = found()
    ids = [submit(company.site, phone="13812345678", email=f"{n}@b.cn") for n in range(3)]
    assert run_belt_once(MONDAY_NOON) == 3
    lead = Lead.objects.get()
    assert (lead.pk, lead.submission_count, lead.repeats.count()) == (ids[0], 3, 2)
    assert Identifier.objects.count() == 4


def test_a_poisonous_submission_fails_alone_and_is_shown() -> None:
    company = found()
    good = [submit(company.site, phone=f"1381234567{n}") for n in range(5)]
    bad = submit(company.site, phone="no number")
    good += [submit(company.site, phone=f"1391234567{n}") for n in range(5)]
    while run_belt_once(MONDAY_NOON):
        pass
    assert set(Lead.objects.values_list("pk", flat=True)) == set(good)
    failure = Failure.objects.get()
    assert (failure.submission_id, failure.code) == (bad, "unreachable")


def test_numbers_are_sealed_and_nothing_in_the_ledger_names_them() -> None:
    company = found()
    enquire(company.site, phone="13812345678", message="打 13812345678 给我")
    sealed = bytes(Identifier.objects.get().sealed)
    assert b"13812345678" not in sealed
    assert "13812345678" not in str(list(Entry.objects.values())) + str(list(Lead.objects.values()))


def test_a_lead_keeps_the_most_precise_region_that_was_given() -> None:
    company = found()
    enquire(company.site, phone="13812345678", region="江苏")
    enquire(company.site, phone="13812345678", region="苏州工业园区")
    enquire(company.site, phone="13812345678", region="鼓楼区")
    enquire(company.site, phone="13812345678")
    lead = Lead.objects.get()
    assert (lead.region, lead.region_code) == ("苏州工业园区", 320500)


def test_an_ambiguous_region_has_no_code_and_keeps_its_words() -> None:
    company = found()
    lead = Lead.objects.get(pk=enquire(company.site, phone="13812345678", region="鼓楼区"))
    assert (lead.region, lead.region_code) == ("鼓楼区", None)
