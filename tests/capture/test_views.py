"""Hosted forms without JavaScript, as a visitor meets them."""

import hashlib
import itertools
import re
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from clew.access.models import Organisation
from clew.base.models import Refusal
from clew.capture import views
from clew.capture.actions import leads, visits
from clew.capture.actions.fields import FieldData, add_field
from clew.capture.actions.rejections import open_rejected, replay
from clew.capture.models import (
    Consent,
    ConsentText,
    Form,
    FormField,
    Rejected,
    Submission,
    Visit,
)
from clew.capture.queries import open_body
from clew.capture.rules import MOST_PROOF_BITS, PROOF_BITS, QUIET
from clew.capture.views import VISITOR
from tests.capture.sender import NOW, PHONE, site

pytestmark = pytest.mark.django_db


class Visitor:
    """Somebody with a browser and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, language: str = "zh-CN") -> None:
        """Arrive at noon."""
        self.client = Client(headers={"accept-language": language, "user-agent": "Mobile/1"})
        self.now = NOW
        self.ticket = ""
        self.nonce = ""
        self.bits = 0
        monkeypatch.setattr(views, "clock", lambda: self.now)

    def open(self, **query: str) -> HttpResponse:
        """Open the form and look at it for ten seconds."""
        return self.look(self.client.get("/f/ask", query))

    def look(self, page: HttpResponse, seconds: int = 10) -> HttpResponse:
        """Remember what a page carries; time goes by."""
        text = page.content.decode()
        self.ticket = re.search(r'name="ticket" value="([^"]+)"', text)[1]  # type: ignore[index]
        self.nonce = re.search(r'data-nonce="([^"]+)"', text)[1]  # type: ignore[index]
        self.bits = int(re.search(r'data-bits="(\d+)"', text)[1])  # type: ignore[index]
        self.now += timedelta(seconds=seconds)
        return page

    def send(self, reach: str = PHONE, **fields: str) -> HttpResponse:
        """Press the button."""
        typed = {"reach": reach, "message": "", "ticket": self.ticket, **fields}
        return self.client.post("/f/ask", typed)

    def prove(self) -> str:
        """Do the work that the page's script does."""
        for number in itertools.count():
            digest = hashlib.sha256(f"{self.nonce}:{number}".encode()).digest()
            if int.from_bytes(digest, "big") >> (256 - self.bits) == 0:
                return str(number)
        raise AssertionError


@pytest.fixture
def form() -> Form:
    text = ConsentText.objects.create(
        purpose="enquiry",
        version=3,
        wording={"zh-hans": "点即同意", "en": "You agree"},
        created_at=NOW,
    )
    views._seen.clear()
    return Form.objects.create(
        slug="ask",
        organisation=Organisation.objects.create(name="启衡工控", phone="0512-5555-0100"),
        source=site(cost_minor=100),
        consent_text=text,
        title="今天问，今天有价",
        button="要报价",
        promise="工作时间 10 分钟内打给您",
        question="什么时候用？",
        options=["这周", "这个月"],
    )


@pytest.fixture
def visitor(form: Form, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    return Visitor(monkeypatch)


def kept(answer: HttpResponse, *typed: str) -> bool:
    """Is what was typed still in the fields?"""
    text = answer.content.decode()
    return all(f'value="{each}"' in text or f">{each}</textarea>" in text for each in typed)


def test_a_form_stores_a_lead_with_the_wording_that_was_shown(visitor: Visitor) -> None:
    visitor.open(utm_source="baidu", other="x")
    answer = visitor.send("张三 138 1234 5678", message="3 台 400W")
    assert answer.status_code == 303
    one = Submission.objects.get()
    body = open_body(one.pk, one.body)
    assert (one.channel, one.actor_kind, one.cost_minor) == ("form", "visitor", 100)
    assert (body.lead.name, body.lead.phone, body.lead.message) == ("张三", PHONE, "3 台 400W")
    assert body.lead.utm == {"utm_source": "baidu"}
    assert body.lead.page == "http://testserver/f/ask"
    consent = Consent.objects.get()
    assert (consent.purpose, consent.text_version, consent.given_at) == (
        "enquiry",
        "3",
        visitor.now,
    )
    assert body.evidence == {
        "ip": "127.0.0.1",
        "user_agent": "Mobile/1",
        "language": "zh-hans",
        "wording": "点即同意",
        "shown_at": NOW.isoformat(),
        "proof": "time",
    }


def test_the_wording_that_was_shown_counts_even_if_it_changed_since(
    visitor: Visitor, form: Form
) -> None:
    visitor.open()
    form.consent_text = ConsentText.objects.create(
        purpose="enquiry", version=4, wording={"zh-hans": "新"}, created_at=NOW
    )
    form.save()
    visitor.send()
    assert Consent.objects.get().text_version == "3"


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("１３８１２３４５６７８", "phone", PHONE),
        ("+86 138-1234-5678", "phone", "+8613812345678"),
        ("servo_2026", "wechat", "servo_2026"),
        ("微信 servo_2026", "wechat", "servo_2026"),
        ("zhang@example.com", "email", "zhang@example.com"),
        ("0512-65551234", "phone", "051265551234"),
    ],
)
def test_one_field_takes_whatever_reaches_the_person(
    visitor: Visitor, typed: str, field: str, value: str
) -> None:
    visitor.open()
    assert visitor.send(typed).status_code == 303
    one = Submission.objects.get()
    assert getattr(open_body(one.pk, one.body).lead, field) == value


@pytest.mark.parametrize("typed", ["", "   ", "abc", "你好", "x" * 121, "1234", "10086"])
def test_what_reaches_nobody_is_told_and_kept(visitor: Visitor, typed: str) -> None:
    visitor.open()
    answer = visitor.send(typed, message="3 台")
    assert answer.status_code == 422
    assert kept(answer, "3 台")
    assert "aria-invalid" in answer.content.decode()
    assert not Submission.objects.exists()


def test_a_double_click_stores_once(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.send()["Location"] == visitor.send()["Location"]
    assert Submission.objects.count() == 1


def test_a_mended_form_is_stored_once_under_its_first_ticket(visitor: Visitor) -> None:
    visitor.open()
    first = visitor.ticket
    visitor.look(visitor.send("abc"))
    assert visitor.send().status_code == 303
    visitor.ticket = first
    visitor.send()
    assert Submission.objects.count() == 1


def test_without_work_nobody_is_faster_than_three_seconds(visitor: Visitor) -> None:
    visitor.look(visitor.client.get("/f/ask"), seconds=2)
    answer = visitor.send(message="3 台")
    assert answer.status_code == 422
    assert kept(answer, PHONE, "3 台")
    visitor.look(answer, seconds=2)
    assert visitor.send().status_code == 303


def test_proven_work_takes_the_place_of_time(visitor: Visitor) -> None:
    visitor.look(visitor.client.get("/f/ask"), seconds=0)
    assert visitor.send(proof=visitor.prove()).status_code == 303
    one = Submission.objects.get()
    assert open_body(one.pk, one.body).evidence["proof"] == "work"


@pytest.mark.parametrize("proof", ["0", "x", "-1", "٣", "9" * 20])
def test_false_work_does_not(visitor: Visitor, proof: str) -> None:
    visitor.look(visitor.client.get("/f/ask"), seconds=0)
    visitor.nonce = "0" * 32
    assert visitor.send(proof=proof).status_code == 422


def test_the_trap_field_stops_machines_but_not_a_second_press(visitor: Visitor) -> None:
    visitor.open()
    answer = visitor.send(company_site="http://spam.example")
    assert answer.status_code == 422
    assert kept(answer, PHONE)
    assert visitor.send().status_code == 303


@pytest.mark.parametrize("ticket", ["", "forged", "a:b:c"])
def test_a_forged_ticket_stores_nothing_and_keeps_what_was_typed(
    visitor: Visitor, ticket: str
) -> None:
    visitor.open()
    answer = visitor.send(ticket=ticket, message="3 台")
    assert answer.status_code == 422
    assert kept(answer, PHONE, "3 台")
    assert not Submission.objects.exists()
    visitor.look(answer)
    assert visitor.send().status_code == 303


def test_an_old_page_needs_one_more_press(visitor: Visitor) -> None:
    visitor.open()
    visitor.now += timedelta(hours=13)
    answer = visitor.look(visitor.send(message="3 台"))
    assert (answer.status_code, kept(answer, PHONE, "3 台")) == (422, True)
    assert visitor.send().status_code == 303


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}]
)
def test_a_form_sent_from_another_site_needs_one_more_press(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    visitor.open()
    typed = {"reach": PHONE, "ticket": visitor.ticket}
    answer = visitor.client.post("/f/ask", typed, headers=headers)
    assert answer.status_code == 422
    assert not Submission.objects.exists()


def test_one_address_sends_so_often_in_ten_minutes_and_what_was_typed_is_kept(
    visitor: Visitor,
) -> None:
    for _ in range(views.MOST_UNPROVEN):
        visitor.open()
        assert visitor.send().status_code == 303
    visitor.open()
    answer = visitor.send(message="3 台")
    assert (answer.status_code, answer["Retry-After"]) == (429, "600")
    assert kept(answer, PHONE, "3 台")
    assert visitor.send(proof=visitor.prove()).status_code == 303
    visitor.now += timedelta(minutes=10)
    assert visitor.send().status_code == 303
    assert b"127.0.0.1" not in bytes(Visit.objects.order_by("since")[0].address)


def test_addresses_of_one_ipv6_connection_are_counted_together(visitor: Visitor) -> None:
    for number in range(views.MOST_UNPROVEN + 1):
        visitor.client.defaults["REMOTE_ADDR"] = f"2001:db8:0:{number:x}::1"
        visitor.open()
        answer = visitor.send()
    assert answer.status_code == 429


def test_without_work_a_form_has_a_budget_whatever_the_addresses(visitor: Visitor) -> None:
    for number in range(visits.MOST_UNPROVEN_OF_A_FORM):
        visitor.client.defaults["REMOTE_ADDR"] = f"203.0.113.{number}"
        visitor.open()
        visitor.now -= timedelta(seconds=10)
        visitor.look(visitor.client.get("/f/ask"), seconds=4)
        assert visitor.send().status_code == 303
        visitor.now -= timedelta(seconds=4)
    visitor.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    visitor.open()
    answer = visitor.send(message="3 台")
    assert (answer.status_code, answer["Retry-After"]) == (429, "600")
    assert kept(answer, PHONE, "3 台")
    assert "JavaScript" in answer.content.decode()
    assert visitor.send(proof=visitor.prove()).status_code == 303
    visitor.now += timedelta(minutes=10)
    assert visitor.send().status_code == 303


def test_a_busy_form_asks_for_more_work_and_a_quiet_one_for_less_again(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.bits == PROOF_BITS
    for _ in range(QUIET * 4):
        visits.note_sending("ask", is_proven=True, now=visitor.now)
    early = visitor.prove()
    assert visitor.send(proof=early).status_code == 303
    visitor.look(visitor.client.get("/f/ask"), seconds=0)
    assert visitor.bits == MOST_PROOF_BITS
    while int(hashlib.sha256(f"{visitor.nonce}:{early}".encode()).hexdigest()[:4], 16) == 0:
        early += "0"
    assert visitor.send(proof=early).status_code == 422
    assert visitor.send(proof=visitor.prove()).status_code == 303
    visitor.now += timedelta(minutes=25)
    visitor.open()
    assert visitor.bits == PROOF_BITS


def away(*_: Any, **__: Any) -> Any:
    raise OperationalError("connection refused")


@pytest.mark.parametrize(("module", "place"), [(leads, "_store"), (visits, "visit")])
def test_a_database_that_goes_away_keeps_what_was_typed(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, module: ModuleType, place: str
) -> None:
    visitor.open()
    with monkeypatch.context() as broken:
        broken.setattr(module, place, away)
        answer = visitor.look(visitor.send(message="3 台"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert kept(answer, PHONE, "3 台")
    assert visitor.send().status_code == 303


def test_a_form_is_shown_as_last_seen_while_the_database_is_away(visitor: Visitor) -> None:
    visitor.open()
    with (
        mock.patch("django.db.models.query.QuerySet.first", away),
        mock.patch.object(visits, "visit", away),
    ):
        answer = visitor.send(message="3 台")
    assert answer.status_code == 503
    assert kept(answer, PHONE, "3 台")
    assert "要报价" in answer.content.decode()


def test_refusals_of_a_form_are_counted_without_personal_data(visitor: Visitor) -> None:
    visitor.open()
    for _ in range(3):
        visitor.send("abc")
    visitor.send(ticket="forged")
    rows = Refusal.objects.order_by("code").values_list("door", "code", "details")
    assert list(rows) == [
        ("form", "fields_wrong", {"form": "ask", "count": 3}),
        ("form", "too_old", {"form": "ask", "count": 1}),
    ]


def test_a_form_that_is_not_there_or_switched_off_is_missing(visitor: Visitor, form: Form) -> None:
    assert visitor.client.get("/f/other").status_code == 404
    form.is_active = False
    form.save()
    assert visitor.client.get("/f/ask").status_code == 404


def test_the_thanks_say_what_happens_next_and_ask_once(visitor: Visitor) -> None:
    visitor.open()
    place = visitor.send(message="询价")["Location"]
    page = visitor.client.get(place).content.decode()
    assert "会有同事联系您" in page
    assert "工作时间 10 分钟内打给您" in page
    assert "什么时候用？" in page
    assert visitor.client.post(place, {"answer": "这周"}).status_code == 303
    assert visitor.client.post(place, {"answer": "这个月"}).status_code == 303
    assert "记下了" in visitor.client.get(place).content.decode()
    first, second = Submission.objects.order_by("pk")
    answered = open_body(second.pk, second.body).lead
    assert (answered.phone, answered.answers) == (PHONE, {"什么时候用？": "这周"})
    assert (second.external_id, second.cost_minor) == (f"{first.pk}:answer", 0)
    assert Consent.objects.filter(text_version="3").count() == 2


def test_an_answer_that_was_not_offered_is_refused(visitor: Visitor) -> None:
    visitor.open()
    place = visitor.send()["Location"]
    assert visitor.client.post(place, {"answer": "明年"}).status_code == 422
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("reference", ["x", "a:b", "00000000000000000000000000000000:x"])
def test_thanks_for_nothing_are_missing(visitor: Visitor, reference: str) -> None:
    assert visitor.client.get(f"/f/ask/thanks/{reference}").status_code == 404


def test_the_promise_is_only_shown_where_there_is_one(visitor: Visitor, form: Form) -> None:
    form.promise, form.question = "", ""
    form.save()
    visitor.open()
    page = visitor.client.get(visitor.send()["Location"]).content.decode()
    assert "分钟" not in page
    assert "c-sheet-card" not in page


def test_pages_speak_the_visitors_language_and_escape_what_was_typed(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = Visitor(monkeypatch, "en")
    page = english.open().content.decode()
    assert "Phone or WeChat id" in page
    assert "You agree" in page
    answer = english.send("<script>1</script>").content.decode()
    assert "<script>1" not in answer
    assert "We cannot reach you" in answer


def test_time_is_read_at_the_edge() -> None:
    assert abs(views.clock() - datetime.now(UTC)) < timedelta(seconds=5)


def asks(form: Form, *, is_required: bool = False) -> None:
    field = add_field(FieldData("volt", "电压", "number", unit="V"), actor=VISITOR, now=NOW)
    FormField.objects.create(form=form, field=field, position=0, is_required=is_required)


def test_a_form_asks_for_a_custom_field_and_stores_what_it_holds(
    visitor: Visitor, form: Form
) -> None:
    asks(form)
    assert "电压" in visitor.open().content.decode()
    assert visitor.send(custom_volt="1,200 V").status_code == 303
    submission = Submission.objects.get()
    assert open_body(submission.pk, submission.body).lead.custom == {"volt": 1200}


def test_an_answer_that_a_field_cannot_hold_is_told_at_it_and_kept_beside(
    visitor: Visitor, form: Form
) -> None:
    asks(form)
    visitor.open()
    answer = visitor.send(custom_volt="about 48")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="about 48"' in page
    assert "例如 48" in page
    assert not Submission.objects.exists()
    kept = Rejected.objects.get()
    assert kept.code == "answers_wrong"
    given = open_rejected(kept.pk, actor=VISITOR, now=NOW)
    assert given.rest.extra == {"custom.volt": "about 48"}
    assert replay(kept.pk, actor=VISITOR, now=kept.at)


def test_a_required_field_must_be_filled_in(visitor: Visitor, form: Form) -> None:
    asks(form, is_required=True)
    visitor.open()
    assert visitor.send(custom_volt=" ").status_code == 422
    assert visitor.send(custom_volt="5").status_code == 303


def test_a_field_that_the_form_does_not_ask_for_is_not_taken(visitor: Visitor, form: Form) -> None:
    add_field(FieldData("volt", "电压", "number"), actor=VISITOR, now=NOW)
    visitor.open()
    assert visitor.send(custom_volt="5").status_code == 303
    submission = Submission.objects.get()
    assert open_body(submission.pk, submission.body).lead.custom == {}
