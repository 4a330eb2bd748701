"""Distribution rules that ask for custom fields."""

from datetime import datetime
from typing import Any

import pytest

from clew.capture.actions.fields import FieldData, add_field
from clew.capture.custom import Choice
from clew.handoff.actions.routing import publish
from clew.handoff.models import Placement, Route
from clew.handoff.queries import known, route_stands
from clew.handoff.routing import FieldTest, Given, Rule, choose, covers, examine, prepare, situation
from clew.handoff.simulation import try_on_past
from tests.company import MONDAY_NOON, TESTER, enquire, found

NOON = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001  the wall clock


def asked(field: str, op: Any, value: Any) -> Rule:
    return Rule(name="", team=1, custom=[FieldTest(field, op, value)])


def fits(rule: Rule, custom: dict[str, Any]) -> bool:
    flags = {"is_online": True, "is_introduced": False}
    given = Given(2, "site", "own", None, "", "", "", **flags, custom=custom)
    return choose(situation(given, NOON), [prepare(rule)]) == 0


@pytest.mark.parametrize(
    ("rule", "custom", "expected"),
    [
        (asked("volt", ">=", 24), {"volt": 24}, True),
        (asked("volt", ">=", 24), {"volt": 23.9}, False),
        (asked("volt", ">=", 24), {}, False),
        (asked("axis", "in", ["one", "two"]), {"axis": "two"}, True),
        (asked("due", "<=", "2026-12-31"), {"due": "2027-01-01"}, False),
        (asked("note", "says", "Servo"), {"note": "a servo"}, True),
    ],
)
def test_a_rule_compares_what_a_field_holds(
    rule: Rule, custom: dict[str, Any], expected: object
) -> None:
    assert fits(rule, custom) is expected


def test_a_rule_that_asks_less_of_its_fields_hides_one_that_asks_more() -> None:
    wide = asked("volt", ">=", 24)
    narrow = Rule(name="", team=1, custom=[*wide.custom, FieldTest("note", "says", "x")])
    assert covers(wide, narrow)
    assert not covers(narrow, wide)
    assert not covers(wide, Rule(name="", team=1))


@pytest.mark.django_db
def test_a_lead_goes_by_its_fields_and_a_rule_about_none_or_a_wrong_value_is_refused() -> None:
    company = found()
    add_field(FieldData("volt", "V", "number"), actor=TESTER, now=MONDAY_NOON)
    choices = (Choice("one", "1"),)
    add_field(FieldData("axis", "A", "choice", choices), actor=TESTER, now=MONDAY_NOON)
    rule = Rule(
        name="", team=company.offline.pk, into="pool", custom=asked("volt", ">=", 48).custom
    )
    for wrong in (asked("gone", ">=", 1), asked("volt", ">=", "x"), asked("axis", "in", ["two"])):
        found_wrong = examine([wrong], known())
        assert [
            f.code for f in found_wrong if f.rule == 0 and f.names == (wrong.custom[0].field,)
        ] == ["field_gone" if wrong.custom[0].field == "gone" else "field_value"]
        assert all(f.is_fatal for f in found_wrong if f.code.startswith("field"))
    publish([rule], known=known(), now=MONDAY_NOON)
    high = enquire(company.site, phone="13812345670", custom={"volt": 48})
    low = enquire(company.site, phone="13812345671", custom={"volt": 24})
    teams = dict(Placement.objects.filter(closed_at=None).values_list("lead", "team"))
    assert (teams[high], teams[low]) == (company.offline.pk, company.online.pk)
    assert all(route_stands(route) for route in Route.objects.all())
    assert try_on_past([rule], 10).by_rule == [1, 1]
