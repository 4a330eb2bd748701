"""S3, S13, P4: an export holds what the list shows, masked, and nobody gets what is not theirs."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.access.models import Member, Membership, Role
from clew.base import files
from clew.base.models import Entry, File, Piece
from clew.base.sheets_out import Format
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.pipeline.actions import exports
from clew.pipeline.actions.exports import HELD, KEPT, Order, advance, ask, delete, take
from clew.pipeline.actions.leads import CallIn, log_call
from clew.pipeline.errors import (
    ColumnsMissing,
    ExportMissing,
    ExportOver,
    ExportsEnough,
    ExportTooLarge,
    FullNumbersDenied,
    ReasonMissing,
    RightsChanged,
)
from clew.pipeline.extract import COLUMNS
from clew.pipeline.filters import Filter
from clew.pipeline.leads import leads
from clew.pipeline.models import Call, Export
from tests.company import COLD, HOT, MONDAY_NOON, Company, enquire, found, member

pytestmark = pytest.mark.django_db

PHONE, EMAIL, WECHAT = "13812345678", "canary-mail@ruida.example", "canarywx01"
ALL = Order(
    wanted=Filter(),
    columns=tuple(COLUMNS),
    format=Format.CSV,
    language="en",
    zone="Asia/Shanghai",
)
NOW = MONDAY_NOON + timedelta(hours=1)


@pytest.fixture
def company() -> Company:
    return found()


def ids_only(wanted: Filter) -> Order:
    return replace(ALL, wanted=wanted, columns=("lead",))


def finished(order: Order, viewer: Member | None, now: datetime = NOW) -> Export:
    export = ask(order, viewer=viewer, now=now)
    while advance(now):
        pass
    export.refresh_from_db()
    return export


def content(export: Export) -> str:
    assert export.file_id, export.problem
    return b"".join(files.read(export.file_id)).decode("utf-8-sig")


def read(export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(export), newline="")))


def listed(viewer: Member, wanted: Filter) -> Iterator[UUID]:
    while True:
        page = leads(viewer, wanted)
        yield from (row.lead_id for row in page.rows)
        if not page.after:
            return
        wanted = replace(wanted, after=page.after)


def some_leads(company: Company) -> list[UUID]:
    made = []
    for number in range(24):
        source = company.fair if number % 5 == 0 else company.site
        what = HOT if number % 3 else COLD
        name = ["王伟", "Anna", ""][number % 3]
        at = MONDAY_NOON + timedelta(seconds=number // 2)
        made.append(enquire(source, at, name=name, phone=f"1380013{number:04}", **what))
    return made


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    role=st.sampled_from([*Role.values, "stranger"]),
    wanted=st.builds(
        Filter,
        place=st.sampled_from(["", "", "person", "pool", "closed", "history", "nonsense"]),
        grade=st.sampled_from(["", "", "1", "2", "3", "x"]),
        source=st.sampled_from(["", "", "site", "fair", "none"]),
        q=st.sampled_from(["", "", "王", "Anna", "0007", "13800130003", "锐达"]),
    ),
)
def test_an_export_holds_exactly_what_the_list_shows(
    crowd: Company, role: str, wanted: Filter
) -> None:
    viewer = {
        "administrator": crowd.administrator,
        "manager": crowd.manager,
        "salesperson": crowd.people[0],
        "stranger": Member.objects.get(username="stranger"),
    }[role]
    export = finished(ids_only(wanted), viewer)
    shown = [str(lead_id) for lead_id in listed(viewer, wanted)]
    assert [row["Lead id"] for row in read(export)] == shown
    assert export.row_count == export.expected_count == len(shown)
    delete(export.pk, viewer=viewer, now=NOW)


@pytest.fixture
def crowd(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(exports, "PIECE", 7)
    member(company.organisation, "stranger", Role.SALESPERSON, company.offline)
    some_leads(company)
    return company


def canary(company: Company) -> UUID:
    lead_id = enquire(
        company.site,
        name=f"周建国 {PHONE}",
        phone=PHONE,
        email=EMAIL,
        wechat=WECHAT,
        company=f"锐达 138 1234 5678 {EMAIL}",
        region=f"昆山 {PHONE}",
        category=PHONE,
        external_id=PHONE,
        message=f"打 138-1234-5678 或 {EMAIL}",
        utm={"campaign": f"短信 {PHONE}"},
    )
    holder = Placement.objects.get(lead=lead_id).seat
    call = CallIn(lead_id, Call.Result.ANSWERED, note=PHONE, next_at=NOW + timedelta(days=1))
    if holder:
        log_call(lead_id, call, member=holder.member, now=NOW)
    return lead_id


@pytest.mark.parametrize("kind", Format)
def test_no_masked_export_holds_a_number(company: Company, kind: Format) -> None:
    canary(company)
    for viewer in (*company.people, company.manager, company.administrator, None):
        export = finished(replace(ALL, format=kind), viewer)
        assert export.file_id
        told = b"".join(files.read(export.file_id))
        if kind is Format.XLSX:
            told = unzipped(told)
        for number in (PHONE, EMAIL, WECHAT, "138 1234 5678", "138-1234-5678"):
            assert number.encode() not in told, (viewer, number)
        if export.row_count:
            assert b"138****5678" in told


def unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_full_numbers_are_for_administrators_with_a_reason_on_record(company: Company) -> None:
    canary(company)
    full = replace(ALL, is_masked=False, reason="  对账 ")
    for viewer in (company.people[0], company.manager):
        with pytest.raises(FullNumbersDenied):
            ask(full, viewer=viewer, now=NOW)
    with pytest.raises(ReasonMissing):
        ask(replace(full, reason="  "), viewer=company.administrator, now=NOW)
    export = finished(full, company.administrator)
    assert read(export)[0]["Phone"] == "+8613812345678\t"
    assert (export.reason, export.is_masked) == ("对账", False)
    asked = Entry.objects.get(name="ExportAsked")
    assert (asked.subject, asked.actor_id) == (export.pk, str(company.administrator.pk))
    assert asked.data == {"is_masked": False, "lead_count": 1}


def test_the_database_keeps_no_full_export_without_a_reason(company: Company) -> None:
    export = finished(ALL, company.administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(is_masked=False)


def test_what_is_searched_for_is_sealed(company: Company) -> None:
    export = finished(replace(ALL, wanted=Filter(q=PHONE)), company.administrator)
    row = Export.objects.filter(pk=export.pk).values().get()
    assert PHONE.encode() not in bytes(row["filter"])
    assert not any(PHONE in str(entry.data) for entry in Entry.objects.all())


def test_times_are_those_of_the_members_zone_and_words_of_the_language(company: Company) -> None:
    enquire(company.site, name="甲", phone=PHONE, **HOT)
    row = read(finished(ALL, company.administrator))[0]
    assert (row["Came in"], row["Grade"]) == ("2026-11-23 12:00:00", "High")
    chinese = read(finished(replace(ALL, language="zh-hans"), company.administrator))[0]
    assert (chinese["姓名"], chinese["等级"]) == ("甲", "高")


def test_who_has_left_gets_nothing(crowd: Company) -> None:
    export = ask(ALL, viewer=crowd.manager, now=NOW)
    assert advance(NOW)
    Member.objects.filter(pk=crowd.manager.pk).update(is_active=False)
    assert advance(NOW)
    export.refresh_from_db()
    assert (export.state, export.problem, export.file_id) == ("failed", "rights_changed", None)
    assert not File.objects.exists()
    assert not Piece.objects.exists()


def test_a_sheet_that_shows_more_than_one_may_see_now_is_not_given(crowd: Company) -> None:
    export = finished(ALL, crowd.manager)
    Membership.objects.filter(member=crowd.manager).delete()
    with pytest.raises(RightsChanged):
        take(export.pk, viewer=crowd.manager, now=NOW)
    take(export.pk, viewer=crowd.administrator, now=NOW)


def test_only_who_asked_and_administrators_take_it_and_it_is_recorded(crowd: Company) -> None:
    export = finished(ALL, crowd.people[0])
    for other in (crowd.people[1], crowd.manager):
        with pytest.raises(ExportMissing):
            take(export.pk, viewer=other, now=NOW)
        with pytest.raises(ExportMissing):
            delete(export.pk, viewer=other, now=NOW)
    for viewer in (crowd.people[0], crowd.administrator):
        taken, parts = take(export.pk, viewer=viewer, now=NOW)
        assert len(b"".join(parts)) == taken.size
    export.refresh_from_db()
    assert export.opened_count == 2
    takers = (
        Entry.objects.filter(name="ExportTaken").order_by("pk").values_list("actor_id", flat=True)
    )
    assert list(takers) == [str(crowd.people[0].pk), str(crowd.administrator.pk)]


def test_a_sheet_expires_and_its_record_stays(crowd: Company) -> None:
    export = finished(ALL, crowd.manager)
    with pytest.raises(ExportOver):
        take(export.pk, viewer=crowd.manager, now=NOW + KEPT)
    assert files.drop_expired(NOW + KEPT - timedelta(seconds=1)) == 0
    assert files.drop_expired(NOW + KEPT) == 1
    export.refresh_from_db()
    assert (export.state, export.file_id, Piece.objects.count()) == ("done", None, 0)


def test_a_deleted_export_is_made_no_further(crowd: Company) -> None:
    export = ask(ALL, viewer=crowd.manager, now=NOW)
    advance(NOW)
    delete(export.pk, viewer=crowd.manager, now=NOW)
    delete(export.pk, viewer=crowd.manager, now=NOW)
    assert not advance(NOW)
    export.refresh_from_db()
    assert (export.state, File.objects.count()) == ("deleted", 0)
    assert Entry.objects.filter(name="ExportDeleted").count() == 1


def test_a_killed_worker_is_followed_by_another_where_it_stopped(crowd: Company) -> None:
    export = ask(ids_only(Filter()), viewer=crowd.administrator, now=NOW)
    advance(NOW)
    dead = exports._claim(UUID(int=1), NOW)
    assert dead
    assert not advance(NOW + HELD - timedelta(seconds=1))
    later = NOW + HELD
    assert timedelta(0) < HELD <= timedelta(seconds=60)
    while advance(later):
        pass
    export.refresh_from_db()
    rows = [row["Lead id"] for row in read(export)]
    assert rows == [str(i) for i in listed(crowd.administrator, Filter())]


def test_a_worker_that_comes_back_after_its_time_writes_nothing(crowd: Company) -> None:
    export = ask(ids_only(Filter()), viewer=crowd.administrator, now=NOW)
    slow = exports._claim(UUID(int=1), NOW)
    assert slow
    advance(NOW + HELD)
    exports.make(slow, holder=UUID(int=1), now=NOW + HELD)
    while advance(NOW + HELD):
        pass
    export.refresh_from_db()
    assert len(read(export)) == export.row_count == Lead.objects.count()


def test_leads_that_come_meanwhile_are_not_in_it(crowd: Company) -> None:
    export = ask(ids_only(Filter()), viewer=crowd.administrator, now=NOW)
    advance(NOW)
    early = MONDAY_NOON - timedelta(days=400)
    late = enquire(crowd.site, early, name="late", phone="13900139000", **HOT)
    while advance(NOW):
        pass
    export.refresh_from_db()
    assert export.row_count == export.expected_count
    assert str(late) not in content(export)


def test_two_of_one_persons_exports_are_made_at_once_and_others_wait(crowd: Company) -> None:
    for _ in range(3):
        ask(ALL, viewer=crowd.manager, now=NOW)
    ask(ALL, viewer=crowd.people[0], now=NOW)
    for _ in range(3):
        assert advance(NOW)
    states = Export.objects.order_by("asked_at", "pk").values_list("asked_by", "state")
    mine = [state for asked_by, state in states if asked_by == crowd.manager.pk]
    assert mine == ["running", "running", "waiting"]
    assert Export.objects.filter(asked_by=crowd.people[0]).exclude(state="waiting").exists()
    while advance(NOW):
        pass
    assert set(Export.objects.values_list("state", flat=True)) == {"done"}


def test_nobody_asks_for_more_than_can_wait(company: Company) -> None:
    for _ in range(exports.UNDER_WAY):
        ask(ALL, viewer=company.manager, now=NOW)
    with pytest.raises(ExportsEnough):
        ask(ALL, viewer=company.manager, now=NOW)
    ask(ALL, viewer=company.people[0], now=NOW)


def test_what_cannot_be_exported_is_refused(
    crowd: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ColumnsMissing):
        ask(replace(ALL, columns=("nonsense",)), viewer=crowd.manager, now=NOW)
    monkeypatch.setattr(exports, "ROWS_AT_MOST", 3)
    with pytest.raises(ExportTooLarge):
        ask(ALL, viewer=crowd.administrator, now=NOW)


def test_an_export_that_breaks_again_and_again_is_given_up(
    crowd: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(exports, "rows", breaks)
    export = ask(ALL, viewer=crowd.manager, now=NOW)
    for attempt in range(exports.ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            advance(NOW + attempt * HELD)
    assert advance(NOW + exports.ATTEMPTS * HELD)
    export.refresh_from_db()
    assert (export.state, export.problem) == ("failed", "export_broken")


def test_the_number_of_statements_does_not_grow_with_the_leads(
    crowd: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for piece in (5, 20):
        monkeypatch.setattr(exports, "PIECE", piece)
        ask(ALL, viewer=crowd.administrator, now=datetime.now(UTC))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            advance(NOW)
        told.append(len(seen))
        Export.objects.update(state="deleted", ended_at=NOW)
    assert told[0] == told[1]
