"""What was rejected or failed: found, replayed, corrected, put aside, taken away."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from clew.base.ledger import Actor
from clew.base.models import Entry
from clew.capture.actions.failures import refuse
from clew.capture.actions.rejections import keep, settle_arrived
from clew.capture.actions.sources import SourceData, add_source
from clew.capture.models import (
    Failure,
    Form,
    Import,
    ImportRow,
    Rejected,
    Rerun,
    Submission,
    Waiting,
)
from clew.capture.queries import open_body
from clew.capture.rejections import KEEP, Doorway
from clew.capture.rules import Fault
from clew.contacts.models import Lead
from clew.errors import ClewError
from clew.tally.queries import account
from clew.web.office import settling, troubles
from clew.web.office.reasons import OTHER, REASONS, reason
from clew.web.office.troubles import Filter
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, TESTER, Company, submit
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
PHONE = "13812345678"
assert KEEP


def fail(company: Company, phone: str = PHONE, code: str = "belt_error", n: int = 0) -> Failure:
    submission_id = submit(company.site, phone=phone)
    Waiting.objects.filter(submission_id=submission_id).delete()
    return Failure.objects.create(
        submission_id=submission_id,
        code=code,
        error="ValueError",
        failed_at=MONDAY_NOON - timedelta(minutes=n),
    )


def turn_away(form: Form, code: str = "fields_wrong", n: int = 0, **lead: object) -> Rejected:
    given = {"source": form.source.key, "name": "张三", **lead}
    at = Doorway({"ip": "203.0.113.9"}, MONDAY_NOON - timedelta(minutes=n), form=form.pk)
    faults = [Fault(0, "source", code)] if code == "unknown_source" else []
    keep(json.dumps(given).encode(), code, faults, at=at, name=str(uuid4()))
    return Rejected.objects.latest("id")


def opened(page: str) -> dict[str, str]:
    """The fields that the page to correct with shows, as a browser would send them."""
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*?value="([^"]*)"', page))
    chosen = re.search(r'<option value="([^"]+)" selected', page)
    return {**fields, "message": "", "source": chosen[1] if chosen else "", "once": str(uuid4())}


def test_a_replayed_failure_becomes_a_lead(admin: Client, company: Company) -> None:
    failure = fail(company)
    assert "ValueError" in admin.get("/failures").content.decode()
    admin.post("/failures/settle", {"what": "replay", "trouble": [f"f-{failure.pk}"]})
    run_belt_once(MONDAY_NOON)
    assert Lead.objects.filter(pk=failure.submission_id).exists()
    assert "ValueError" not in admin.get("/failures").content.decode()


def test_a_visitor_in_haste_is_replayed_as_a_lead_of_the_form(admin: Client, form: Form) -> None:
    kept = turn_away(form, "too_fast", phone=PHONE)
    admin.post("/failures/settle", {"what": "replay", "trouble": [f"r-{kept.pk}"]})
    one = Submission.objects.get()
    kept.refresh_from_db()
    assert (kept.settlement, kept.submission_id) == ("replayed", one.pk)
    assert (one.channel, one.occurred_at) == ("form", kept.at)
    assert open_body(one.pk, one.body).evidence == {"ip": "203.0.113.9"}
    assert f"/add/{one.pk}" in admin.get("/failures?state=settled").content.decode()


def test_what_is_still_wrong_stays(admin: Client, form: Form) -> None:
    kept = turn_away(form, phone="138")
    answer = admin.post("/failures/settle", {"what": "replay_all"}, follow=True)
    assert "1 stays" in answer.content.decode()
    kept.refresh_from_db()
    assert kept.settled_at is None
    assert not Submission.objects.exists()


def test_a_source_that_is_named_later_lets_its_leads_in(admin: Client, form: Form) -> None:
    kept = turn_away(form, "unknown_source", phone=PHONE, source="douyin")
    admin.post("/failures/settle", {"what": "replay_all"})
    assert not Submission.objects.exists()
    add_source(
        SourceData("douyin", "抖音", "bought", True, 100),  # noqa: FBT003
        actor=TESTER,
        now=MONDAY_NOON,
    )
    admin.post("/failures/settle", {"what": "replay_all"})
    assert Submission.objects.get().source.key == "douyin"
    kept.refresh_from_db()
    assert kept.settlement == "replayed"


def test_corrected_it_is_a_new_submission_with_all_that_came_along(
    admin: Client, form: Form
) -> None:
    kept = turn_away(form, phone="1381234", utm={"utm_source": "baidu"}, colour="red")
    page = admin.post(f"/failures/r-{kept.pk}/open").content.decode()
    assert 'value="1381234"' in page
    assert "utm_source" in page
    assert Entry.objects.filter(name="RejectedOpened", subject=kept.pk).count() == 1
    sent = {**opened(page), "phone": PHONE, "once": str(uuid4())}
    for _ in range(2):
        assert admin.post(f"/failures/r-{kept.pk}/correct", sent).status_code == 302
    one = Submission.objects.get()
    lead = open_body(one.pk, one.body).lead
    assert (lead.phone, lead.name, lead.utm) == (PHONE, "张三", {"utm_source": "baidu"})
    assert json.loads(lead.extra["as_sent"]) == {"colour": "red"}
    kept.refresh_from_db()
    assert (kept.settlement, kept.submission_id) == ("corrected", one.pk)


def test_what_is_corrected_wrongly_shows_the_fault_and_loses_nothing(
    admin: Client, form: Form
) -> None:
    kept = turn_away(form, phone="1381234")
    sent = opened(admin.post(f"/failures/r-{kept.pk}/open").content.decode())
    answer = admin.post(f"/failures/r-{kept.pk}/correct", {**sent, "phone": "12", "name": "李四"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "No way to reach the person" in page
    assert 'value="12"' in page
    assert 'value="李四"' in page
    assert not Submission.objects.exists()
    assert admin.post(f"/failures/r-{kept.pk}/correct", {**sent, "phone": PHONE}).status_code == 302


def test_a_corrected_failure_leaves_the_old_submission_and_the_books_as_they_should_be(
    admin: Client, company: Company
) -> None:
    failure = fail(company, phone="1381234", code="unreachable")
    old = Submission.objects.values().get()
    sent = opened(admin.post(f"/failures/f-{failure.pk}/open").content.decode())
    admin.post(f"/failures/f-{failure.pk}/correct", {**sent, "phone": PHONE})
    failure.refresh_from_db()
    assert failure.settlement == "corrected"
    assert failure.correction is not None
    assert failure.correction.channel == "api"
    assert failure.correction.occurred_at == old["occurred_at"]
    assert Submission.objects.values().get(pk=old["id"]) == old
    run_belt_once(MONDAY_NOON)
    books = account(company.administrator)
    assert books.is_balanced
    assert (books.submissions, books.new_leads, books.rejected, books.failed) == (2, 1, 1, 0)


def test_what_its_sender_has_sent_again_is_settled_and_stored_once(
    admin: Client, company: Company, form: Form
) -> None:
    kept = [turn_away(form, phone=PHONE, external_id=f"a-{n}") for n in range(2)]
    first = submit(company.site, phone=PHONE, external_id="a-0")
    admin.post("/failures/settle", {"what": "replay", "trouble": [f"r-{kept[0].pk}"]})
    submit(company.site, phone=PHONE, external_id="a-1")
    assert settle_arrived(MONDAY_NOON) == 1
    assert set(Rejected.objects.values_list("settlement", flat=True)) == {"arrived"}
    assert Rejected.objects.get(pk=kept[0].pk).submission_id == first
    assert Submission.objects.count() == 2


def test_a_dismissed_failure_stays_in_the_account(admin: Client, company: Company) -> None:
    failure = fail(company)
    admin.post("/failures/settle", {"what": "dismiss", "trouble": [f"f-{failure.pk}"]})
    assert "Both sums come out" in admin.get("/account").content.decode()


def test_odd_choices_settle_nothing_and_name_nothing(admin: Client, company: Company) -> None:
    fail(company)
    odd = ("x", "f-x", "f--1", f"f-{10**30}", "r-1", f"r-{uuid4()}", "f-99999", "")
    for ref in odd:
        admin.post("/failures/settle", {"what": "replay", "trouble": [ref]})
        for what in ("open", "correct"):
            assert admin.post(f"/failures/{ref or 'f-'}/{what}").status_code == 404
    assert Failure.objects.filter(settled_at=None).count() == 1


def test_what_was_settled_by_somebody_else_cannot_be_opened_or_corrected(
    admin: Client, form: Form
) -> None:
    kept = turn_away(form, phone="1381234")
    sent = opened(admin.post(f"/failures/r-{kept.pk}/open").content.decode())
    admin.post("/failures/settle", {"what": "dismiss", "trouble": [f"r-{kept.pk}"]})
    assert admin.post(f"/failures/r-{kept.pk}/open").status_code == 302
    answer = admin.post(f"/failures/r-{kept.pk}/correct", {**sent, "phone": PHONE})
    assert answer.status_code == 422
    assert "Somebody has settled this already" in answer.content.decode()
    assert not Submission.objects.exists()


def test_filters_and_counts_agree_with_the_list(
    company: Company, form: Form, admin: Client
) -> None:
    for n in range(3):
        fail(company, n=n)
        turn_away(form, n=n, phone="138")
    turn_away(form, "too_fast", phone=PHONE)
    viewer = company.administrator
    for chosen, number in (
        (Filter(), 7),
        (Filter(way="belt"), 3),
        (Filter(way="form"), 4),
        (Filter(way="api"), 0),
        (Filter(code="too_fast"), 1),
        (Filter(source="site"), 7),
        (Filter(source="fair"), 0),
        (Filter(state="settled"), 0),
    ):
        assert len(troubles.page(viewer, chosen).rows) == number
        assert troubles.counts(chosen).total == number
    sums = troubles.counts(Filter(way="form"))
    assert dict(sums.codes) == {"fields_wrong": 3, "too_fast": 1}
    assert (sums.ways["belt"], sums.ways["form"]) == (3, 4)
    assert "Ask us" in admin.get("/failures?way=form&code=too_fast").content.decode()


def test_pages_by_key_show_everything_once_whatever_the_times(company: Company, form: Form) -> None:
    for n in (0, 0, 0, 1, 1, 2):
        fail(company, n=n)
        turn_away(form, n=n, phone="138")
    seen, chosen = [], Filter()
    while True:
        found = troubles.page(company.administrator, chosen, 5)
        seen += [(row.at, row.ref) for row in found.rows]
        if not found.after:
            break
        chosen = Filter(after=found.after)
    assert len(seen) == len(set(seen)) == 12
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


def test_nobody_is_shown_in_full_in_the_list(admin: Client, form: Form) -> None:
    turn_away(form, "too_fast", phone=PHONE, message=f"call {PHONE}", name=f"张三 {PHONE}")
    turn_away(form, phone="1381234567")
    turn_away(form, wechat="zhangsan1988")
    page = admin.get("/failures").content.decode()
    for secret in (PHONE, "1381234567", "zhangsan1988"):
        assert secret not in page
    assert "138****5678" in page


def test_more_than_a_hundred_go_on_in_the_background_once(
    admin: Client, form: Form, company: Company
) -> None:
    for n in range(103):
        turn_away(form, "too_fast", phone=f"139{n:08}")
    bad = turn_away(form, "too_fast", phone="138")
    fail(company)
    sent = {"what": "replay_all", "code": "too_fast", "once": str(uuid4())}
    for _ in range(2):
        admin.post("/failures/settle", sent)
    assert Rerun.objects.get().total == 104
    assert "0 of 104" in admin.get("/failures").content.decode()
    while settling.go_on(MONDAY_NOON):
        pass
    rerun = Rerun.objects.get()
    assert (rerun.done, rerun.refused, rerun.ended_at) == (103, 1, MONDAY_NOON)
    assert Submission.objects.filter(channel="form").count() == 103
    assert Rejected.objects.get(settled_at=None) == bad
    assert Failure.objects.filter(settled_at=None).count() == 1


def test_a_list_taken_away_is_masked_formula_safe_and_on_record(
    admin: Client, form: Form, company: Company
) -> None:
    turn_away(form, "too_fast", phone=PHONE, name="=HYPERLINK(1)", message=f"call {PHONE}")
    fail(company, "13912345678")
    masked = admin.post("/failures/export", {}).content.decode("utf-8-sig")
    assert PHONE not in masked
    assert "138****5678" in masked
    assert "\"'=HYPERLINK" in masked or '"=HYPERLINK' not in masked
    assert len(masked.strip().splitlines()) == 3
    full = admin.post("/failures/export", {"purpose": "supplier", "way": "form"})
    assert PHONE in full.content.decode("utf-8-sig")
    assert "13912345678" not in full.content.decode("utf-8-sig")
    assert admin.post("/failures/export", {"purpose": "fun"}).status_code == 422
    noted = Entry.objects.filter(name="TroublesExported").order_by("id")
    assert [e.data["is_full"] for e in noted] == [False, True]
    assert noted[1].data["purpose"] == "supplier"


def test_refused_rows_of_files_stand_with_their_file(admin: Client, company: Company) -> None:
    batch = Import.objects.create(
        id=uuid4(),
        name="old leads.csv",
        source=company.site,
        state="checked",
        created_at=MONDAY_NOON,
        actor_kind="member",
        actor_id="1",
    )
    for n in range(3):
        verdict = "error" if n else "new"
        ImportRow.objects.create(batch=batch, number=n, verdict=verdict, code="x" if n else "")
    page = admin.get("/failures?way=file").content.decode()
    assert re.search(r"old leads\.csv.*?<td class=\"c-num\">2</td>", page, re.DOTALL)


def test_what_was_turned_away_is_counted_with_its_reason(admin: Client) -> None:
    for _ in range(3):
        refuse("api", "token_needed", {}, Actor("visitor"), MONDAY_NOON + timedelta(days=3650))
    page = admin.get("/failures").content.decode()
    assert re.search(r"Send a valid token.*?<td class=\"c-num\">3</td>", page, re.DOTALL)


def test_every_reason_has_words(company: Company) -> None:
    """Whatever a door or the belt may say is a sentence, not a code."""
    kinds = [*ClewError.__subclasses__()]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        assert reason(kind.code) is not OTHER, kind
    assert all(found.advice for found in REASONS.values())
    assert reason("nothing known") is OTHER


def test_nobody_but_administrators_may_list_them(company: Company, browser: Browser) -> None:
    with pytest.raises(ClewError):
        troubles.page(company.manager, Filter())
    assert browser(company.manager).get("/failures").status_code == 403
