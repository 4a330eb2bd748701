from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clew.base.ledger import Actor
from clew.base.models import Entry
from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.custom import Choice
from clew.capture.queries import all_definitions, definitions
from clew.contacts.actions import correct
from clew.contacts.errors import ValuesChanged, ValuesRefused
from clew.contacts.having import Asked, having
from clew.contacts.models import Correction, Lead
from tests.company import MONDAY_NOON, TESTER, enquire, found, submit

pytestmark = pytest.mark.django_db
ANNA = Actor("member", "1")
PHONE = "13812345678"


def define() -> None:
    for given in (
        FieldData("note", "备注", "text"),
        FieldData("voltage", "电压", "number", unit="V"),
        FieldData("due", "交货期", "date"),
        FieldData("axis", "轴", "choice", (Choice("one", "单轴"), Choice("two", "双轴"))),
        FieldData("budget", "预算", "money"),
    ):
        add_field(given, actor=TESTER, now=MONDAY_NOON)


def custom(lead_id: UUID) -> dict[str, Any]:
    held: dict[str, Any] = Lead.objects.get(pk=lead_id).custom
    return held


def test_a_later_value_counts_and_what_is_not_said_stays() -> None:
    company = found()
    define()
    first = enquire(company.site, phone=PHONE, custom={"voltage": 24, "axis": "one"})
    enquire(company.site, phone=PHONE, custom={"voltage": 48, "note": "急"})
    enquire(company.site, phone=PHONE)
    assert custom(first) == {"voltage": 48, "axis": "one", "note": "急"}


def test_the_last_of_one_person_in_one_batch_counts() -> None:
    company = found()
    define()
    first = submit(company.site, phone=PHONE, custom={"voltage": 24})
    submit(company.site, phone=PHONE, custom={"due": "2026-12-01"})
    enquire(company.site, phone=PHONE, custom={"voltage": 36})
    assert custom(first) == {"voltage": 36, "due": "2026-12-01"}


def test_what_somebody_corrects_holds_until_a_later_submission_says_otherwise() -> None:
    company = found()
    define()
    lead = enquire(company.site, phone=PHONE, custom={"voltage": 24, "note": "x"})
    assert correct([lead], {"voltage": 48, "note": None}, actor=ANNA, now=MONDAY_NOON) == [lead]
    assert custom(lead) == {"voltage": 48}
    enquire(company.site, phone=PHONE, custom={"note": "y"})
    assert custom(lead) == {"voltage": 48, "note": "y"}
    entry = Entry.objects.get(name="LeadCorrected")
    assert (entry.subject, entry.data) == (lead, {"keys": ["note", "voltage"]})
    assert Correction.objects.count() == 2


def test_correcting_to_what_is_there_changes_nothing() -> None:
    company = found()
    define()
    lead = enquire(company.site, phone=PHONE, custom={"voltage": 24})
    same = {"voltage": 24, "note": None}
    assert correct([lead], same, actor=ANNA, now=MONDAY_NOON) == []
    assert not Entry.objects.filter(name="LeadCorrected").exists()


def test_a_wrong_value_changes_nothing_and_names_its_field() -> None:
    company = found()
    define()
    lead = enquire(company.site, phone=PHONE)
    with pytest.raises(ValuesRefused) as refused:
        correct([lead], {"voltage": "x", "note": "ok", "none": 1}, actor=ANNA, now=MONDAY_NOON)
    assert refused.value.faults == [("voltage", "not_a_number"), ("none", "unknown_field")]
    assert custom(lead) == {}


def test_of_two_people_who_change_one_value_the_second_is_told() -> None:
    company = found()
    define()
    lead = enquire(company.site, phone=PHONE, custom={"voltage": 24})
    correct([lead], {"voltage": 36}, actor=ANNA, now=MONDAY_NOON)
    with pytest.raises(ValuesChanged):
        correct([lead], {"voltage": 48}, shown={"voltage": 24}, actor=ANNA, now=MONDAY_NOON)
    assert custom(lead) == {"voltage": 36}


def test_correcting_many_costs_no_more_statements_than_one() -> None:
    company = found()
    define()
    leads = [enquire(company.site, phone=f"1381234567{n}") for n in range(4)]
    costs = []
    for chosen in (leads[:1], leads[1:]):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            correct(chosen, {"voltage": 5, "note": "a"}, actor=ANNA, now=MONDAY_NOON)
        costs.append(len(seen))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("key", "asked", "value", "met"),
    [
        ("voltage", ">=", 24, "bc"),
        ("voltage", "<", 24, "a"),
        ("voltage", "==", 9.5, "a"),
        ("voltage", "!=", 24, "ac"),
        ("voltage", "filled", None, "abc"),
        ("voltage", "empty", None, "d"),
        ("due", "<=", "2026-12-31", "a"),
        ("due", ">=", "2027-01-01", "b"),
        ("axis", "==", "one", "a"),
        ("axis", "in", ["one", "two"], "ab"),
        ("budget", ">", 999_00, "c"),
        ("note", "says", "SERVO", "ac"),
        ("note", "says", "100%", ""),
        ("note", "==", "a servo", "a"),
    ],
)
def test_leads_are_found_by_what_their_fields_hold(
    key: str, asked: Asked, value: Any, met: str
) -> None:
    company = found()
    define()
    given: dict[str, dict[str, Any]] = {
        "a": {"voltage": 9.5, "due": "2026-12-01", "axis": "one", "note": "a servo"},
        "b": {"voltage": 24, "due": "2027-01-01", "axis": "two"},
        "c": {"voltage": 100, "budget": 120_000_00, "note": "Servo 100 %"},
        "d": {},
    }
    for number, values in enumerate(given.values()):
        enquire(company.site, phone=f"1381234567{number}", custom=values)
    names = dict(zip(Lead.objects.order_by("pk").values_list("pk", flat=True), given, strict=True))
    leads = Lead.objects.filter(having(all_definitions()[key], asked, value))
    assert "".join(sorted(names[lead.pk] for lead in leads)) == met


def test_a_retired_field_is_known_but_not_in_use() -> None:
    define()
    retire_field("due", actor=TESTER, now=MONDAY_NOON)
    assert [d.key for d in definitions()] == ["note", "voltage", "axis", "budget"]
    assert list(all_definitions())[-1] == "due"
    assert all_definitions()["due"].is_retired
