"""Exports in the browser: chosen, made behind, taken with the right headers, listed."""

import csv
import io
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from clew.base.models import File
from clew.pipeline.actions.exports import KEPT, advance
from clew.pipeline.extract import USUAL
from clew.pipeline.models import Export
from clew.web import chores
from tests.company import COLD, HOT, Company, enquire
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db


def chosen(**more: object) -> dict[str, object]:
    return {"columns": ["name", "phone", "holder"], "format": "csv", "once": str(uuid4()), **more}


def made() -> Export:
    while advance(datetime.now(UTC)):
        pass
    return Export.objects.latest("asked_at")


def sheet(client: Client, export: Export) -> StreamingHttpResponse:
    answer = client.post(f"/exports/{export.pk}/sheet")
    assert isinstance(answer, StreamingHttpResponse), answer.content.decode()
    return answer


@pytest.fixture
def leads(company: Company) -> None:
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    enquire(company.site, name="Anna", phone="13912345678", **COLD)


@pytest.mark.usefixtures("leads")
def test_the_list_leads_to_a_sheet_of_what_it_shows(admin: Client) -> None:
    page = admin.get("/leads?grade=3&q=周").content.decode()
    assert "/exports/new?grade=3&amp;q=%E5%91%A8" in page
    form = admin.get("/exports/new?grade=3&q=周").content.decode()
    assert "1 lead<" in form
    answer = admin.post("/exports/new?grade=3&q=周", chosen())
    assert (answer.status_code, answer["Location"]) == (302, "/exports")
    assert "waiting its turn" in admin.get("/exports").content.decode()
    rows = list(csv.reader(io.StringIO(sheet(admin, made()).getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["Name", "Phone", "Stands with"]
    assert [row[:2] for row in rows[1:]] == [["周建国", "138****5678"]]


@pytest.mark.usefixtures("leads")
def test_a_sheet_comes_as_a_file_that_no_browser_opens_or_keeps(admin: Client) -> None:
    admin.post("/exports/new", chosen())
    admin.cookies["clew_language"] = "zh-hans"
    answer = sheet(admin, made())
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert int(answer["Content-Length"]) == len(answer.getvalue())
    kind, plain, utf8 = answer["Content-Disposition"].split("; ")
    assert kind == "attachment"
    assert plain.startswith('filename="leads-2')
    assert unquote(utf8).startswith("filename*=UTF-8''")
    assert answer["Content-Disposition"].isascii()


@pytest.mark.usefixtures("leads")
def test_a_double_click_asks_once(admin: Client) -> None:
    same = chosen()
    for _ in range(2):
        assert admin.post("/exports/new", same).status_code == 302
    assert Export.objects.count() == 1


@pytest.mark.usefixtures("leads")
def test_full_numbers_are_offered_to_administrators_only(
    admin: Client, company: Company, browser: Browser
) -> None:
    assert "is_full" in admin.get("/exports/new").content.decode()
    refused = admin.post("/exports/new", chosen(is_full="on"))
    assert refused.status_code == 422
    assert "Write down what the full numbers are for." in refused.content.decode()
    manager = browser(company.manager)
    assert "is_full" not in manager.get("/exports/new").content.decode()
    manager.post("/exports/new", chosen(is_full="on", reason="because"))
    assert Export.objects.get().is_masked
    admin.post("/exports/new", chosen(is_full="on", reason="Audit of the year"))
    assert b"+8613812345678" in sheet(admin, made()).getvalue()
    listed = admin.get("/exports").content.decode()
    assert "Audit of the year" in listed
    assert company.manager.name in listed


@pytest.mark.usefixtures("leads")
def test_others_see_only_their_own(company: Company, browser: Browser, admin: Client) -> None:
    admin.post("/exports/new", chosen())
    export = made()
    manager = browser(company.manager)
    assert "No exports yet" in manager.get("/exports").content.decode()
    for what in ("sheet", "delete"):
        assert manager.post(f"/exports/{export.pk}/{what}").status_code == 404


@pytest.mark.usefixtures("leads")
def test_an_expired_sheet_is_shown_as_such_and_not_given(admin: Client) -> None:
    admin.post("/exports/new", chosen())
    export = made()
    Export.objects.update(expires_at=datetime.now(UTC))
    assert "expired" in admin.get("/exports").content.decode()
    assert admin.post(f"/exports/{export.pk}/sheet").status_code == 409


@pytest.mark.usefixtures("leads")
def test_a_deleted_sheet_is_gone_and_listed(admin: Client) -> None:
    admin.post("/exports/new", chosen())
    export = made()
    assert admin.post(f"/exports/{export.pk}/delete").status_code == 302
    assert "deleted" in admin.get("/exports").content.decode()
    assert admin.post(f"/exports/{export.pk}/sheet").status_code == 409
    assert not File.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"columns": []}, {"columns": ["secret"]}, {"format": "exe"}, {"columns": "x" * 10_000}]
)
@pytest.mark.usefixtures("leads")
def test_what_cannot_be_chosen_is_refused(admin: Client, bad: dict[str, object]) -> None:
    assert admin.post("/exports/new", chosen(**bad)).status_code == 422
    assert not Export.objects.exists()


def test_where_nothing_fits_nothing_is_exported(admin: Client) -> None:
    assert "Nothing to export" in admin.get("/exports/new?q=nobody").content.decode()


@pytest.mark.usefixtures("leads")
def test_the_list_comes_as_a_fragment_too(admin: Client) -> None:
    admin.post("/exports/new", chosen(columns=USUAL, format="xlsx"))
    part = admin.get("/exports", headers={"x-fragment": "1"}).content.decode()
    assert "data-under-way" in part
    assert "<html" not in part
    assert sheet(admin, made()).getvalue()[:2] == b"PK"


def test_the_worker_makes_exports_and_drops_what_has_expired(
    admin: Client, company: Company
) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    admin.post("/exports/new", chosen())
    now = datetime.now(UTC)
    while any([chore(now) for chore in chores.CHORES]):  # noqa: C419  each is to be done
        pass
    assert Export.objects.get().state == "done"
    for chore in chores.CHORES:
        chore(now + KEPT + timedelta(hours=1))
    assert not File.objects.exists()
