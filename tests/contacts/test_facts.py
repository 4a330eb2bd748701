"""What a person may say a lead is about and where it is from, and what is kept of it."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clew.base.ledger import Actor
from clew.base.models import Entry
from clew.capture.gazetteer import divisions
from clew.capture.models import Submission
from clew.capture.regions import resolve
from clew.contacts.actions import correct_facts
from clew.contacts.errors import RegionUnclear, RegionUnknown, ValuesChanged
from clew.contacts.models import Correction, Lead
from clew.contacts.rules import read_region
from tests.company import MONDAY_NOON, enquire, found

ANNA = Actor("member", "1")
PHONE = "13812345678"


def held(lead_id: UUID) -> tuple[str, str, int | None]:
    lead = Lead.objects.get(pk=lead_id)
    return lead.category, lead.region, lead.region_code


def test_what_is_kept_of_every_region_means_that_region() -> None:
    assert [c for c in divisions() if resolve(read_region(str(c))).code != c] == []


@pytest.mark.parametrize("text", ["江苏昆山", "320583", " 江苏省苏州市昆山市 ", "kunshan"])
def test_a_region_is_read_as_people_write_it(text: str) -> None:
    assert read_region(text) == "江苏 苏州 昆山"


@pytest.mark.parametrize(
    "text", ["", "  ", "火星", "999999", "江苏昆山" * 16, "x" * 1_000_000, "\x00"]
)
def test_what_names_no_region_is_refused(text: str) -> None:
    with pytest.raises(RegionUnknown):
        read_region(text)


def test_what_several_places_are_called_is_refused() -> None:
    with pytest.raises(RegionUnclear):
        read_region("鼓楼区")
    assert read_region("南京鼓楼区") == "江苏 南京 鼓楼区"


@pytest.mark.django_db
def test_a_correction_says_what_was_there_and_leaves_what_arrived() -> None:
    company = found()
    lead = enquire(company.site, phone=PHONE, category="减速机", region="鼓楼区")
    arrived = bytes(Submission.objects.get(pk=lead).body)
    facts = {"category": "伺服电机", "region": "江苏 南京 鼓楼区"}
    assert correct_facts([lead], facts, actor=ANNA, now=MONDAY_NOON) == [lead]
    assert held(lead) == ("伺服电机", "江苏 南京 鼓楼区", 320106)
    entry = Entry.objects.get(name="FactsCorrected")
    assert (entry.subject, entry.actor_id) == (lead, "1")
    assert entry.data == {
        "facts": ["category", "region"],
        "region_before": None,
        "region_after": 320106,
    }
    said = dict(Correction.objects.values_list("key", "value"))
    assert said["lead.region"] == {"was": "鼓楼区", "is": "江苏 南京 鼓楼区"}
    assert bytes(Submission.objects.get(pk=lead).body) == arrived


@pytest.mark.django_db
def test_correcting_to_what_is_there_says_nothing() -> None:
    company = found()
    lead = enquire(company.site, phone=PHONE, category="减速机", region="江苏 苏州 昆山")
    same = {"category": "减速机", "region": "江苏 苏州 昆山"}
    assert correct_facts([lead], same, actor=ANNA, now=MONDAY_NOON) == []
    assert not Entry.objects.filter(name="FactsCorrected").exists()


@pytest.mark.django_db
def test_of_two_people_who_correct_one_fact_the_second_is_told() -> None:
    company = found()
    lead = enquire(company.site, phone=PHONE, category="减速机")
    correct_facts([lead], {"category": "A"}, actor=ANNA, now=MONDAY_NOON)
    with pytest.raises(ValuesChanged):
        correct_facts(
            [lead], {"category": "B"}, shown={"category": "减速机"}, actor=ANNA, now=MONDAY_NOON
        )
    assert held(lead)[0] == "A"


@pytest.mark.django_db
def test_a_later_message_says_otherwise_as_it_does_of_an_earlier_one() -> None:
    company = found()
    lead = enquire(company.site, phone=PHONE, category="减速机", region="上海")
    facts = {"category": "伺服电机", "region": "江苏 苏州 昆山"}
    correct_facts([lead], facts, actor=ANNA, now=MONDAY_NOON)
    enquire(company.site, phone=PHONE, region="江苏")
    assert held(lead) == ("伺服电机", "江苏 苏州 昆山", 320583)
    enquire(company.site, phone=PHONE, region="浙江杭州", category="变频器")
    assert held(lead) == ("变频器", "浙江杭州", 330100)


@pytest.mark.django_db
def test_correcting_many_costs_no_more_statements_than_one() -> None:
    company = found()
    leads = [enquire(company.site, phone=f"1381234567{n}") for n in range(4)]
    costs = []
    for chosen in (leads[:1], leads[1:]):
        with CaptureQueriesContext(connection) as seen:
            correct_facts(chosen, {"region": "上海"}, actor=ANNA, now=MONDAY_NOON)
        costs.append(len(seen))
    assert costs[0] == costs[1]
