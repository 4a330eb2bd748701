"""Custom fields at the doors: the API's route, and leads that pages store."""

import json
from typing import Any

import pytest

from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.actions.leads import Followup, follow_up, receive
from clew.capture.actions.rejections import correct, open_rejected
from clew.capture.errors import LeadsRefused
from clew.capture.models import Rejected, Submission
from clew.capture.queries import open_body
from clew.capture.schemas import LeadIn
from tests.capture.sender import NOW, PHONE, Sender, lead, site
from tests.company import TESTER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sender() -> Sender:
    site()
    return Sender()


def define(key: str = "voltage", **given: Any) -> None:
    add_field(FieldData(key, key, given.pop("kind", "number"), **given), actor=TESTER, now=NOW)


def said() -> dict[str, Any]:
    one = Submission.objects.get()
    return open_body(one.pk, one.body).lead.custom


def test_the_api_takes_what_a_field_can_hold_and_leaves_out_what_is_empty(sender: Sender) -> None:
    define()
    define("budget", kind="money")
    answer = sender.one(lead(custom={"voltage": 48.0, "budget": None}))
    assert answer.status_code == 202
    assert said() == {"voltage": 48}


def test_the_api_names_every_field_that_it_refuses(sender: Sender) -> None:
    define()
    answer = sender.one([lead(), lead(custom={"voltage": "48", "colour": "red"})])
    assert answer.status_code == 422
    assert [(e["index"], e["field"], e["code"]) for e in answer.json()["errors"]] == [
        (1, "custom.voltage", "not_a_number"),
        (1, "custom.colour", "unknown_field"),
    ]
    assert not Submission.objects.exists()


def test_a_field_can_be_sent_as_soon_as_it_is_defined(sender: Sender) -> None:
    later = lead(custom={"voltage": 48})
    assert sender.one(later).status_code == 422
    define()
    assert sender.one(later).status_code == 202


def test_what_is_sent_to_a_retired_field_is_not_lost(sender: Sender) -> None:
    define()
    retire_field("voltage", actor=TESTER, now=NOW)
    assert sender.one(lead(custom={"voltage": 48})).status_code == 202
    assert said() == {"voltage": 48}


@pytest.mark.parametrize("hostile", [{"a\0": 1}, {"x" * 5000: 1}, {"voltage": [[]] * 50}, {"": 1}])
def test_hostile_fields_are_refused_like_others(sender: Sender, hostile: dict[str, Any]) -> None:
    define()
    answer = sender.one(lead(custom=hostile))
    assert answer.status_code == 422
    assert all(len(e["field"]) <= 80 for e in answer.json()["errors"])


@pytest.mark.parametrize("figure", [b"1" * 5000, b"1e999", b"-1e400", b"0." + b"1" * 5000])
def test_a_figure_that_no_field_can_hold_is_refused(sender: Sender, figure: bytes) -> None:
    define()
    body = b'{"source": "site", "phone": "13812345678", "custom": {"voltage": %s}}' % figure
    assert sender.one(body).status_code in {400, 422}
    assert not Submission.objects.exists()


def test_a_page_stores_all_or_names_the_field() -> None:
    site()
    define()
    kept: dict[str, Any] = {"channel": "typed", "actor": TESTER, "evidence": {}, "now": NOW}
    with pytest.raises(LeadsRefused) as refused:
        receive([LeadIn("site", phone=PHONE, custom={"voltage": "x"})], **kept)
    assert [(f.field, f.code) for f in refused.value.faults] == [("custom.voltage", "not_a_number")]
    (first,) = receive([LeadIn("site", phone=PHONE, custom={"voltage": 5})], **kept)
    assert said() == {"voltage": 5}
    answer = follow_up(first, Followup("?", "yes"), evidence={}, now=NOW)
    again = Submission.objects.get(pk=answer)
    assert open_body(again.pk, again.body).lead.custom == {}


def test_a_refused_lead_that_is_corrected_keeps_beside_what_its_field_cannot_hold(
    sender: Sender,
) -> None:
    define()
    assert sender.one(lead(custom={"voltage": "48 or so"})).status_code == 422
    kept = Rejected.objects.get()
    given = open_rejected(kept.pk, actor=TESTER, now=NOW)
    assert json.dumps(given.rest.custom) == '{"voltage": "48 or so"}'
    new = correct(kept.pk, given.corrected(given.texts), actor=TESTER, now=kept.at)
    body = open_body(new, Submission.objects.get(pk=new).body)
    assert (body.lead.custom, body.lead.extra) == ({}, {"custom.voltage": "48 or so"})
