"""A file from its first piece to the last lead, and back."""

import csv
import json
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from clew.base.files import PieceOutOfTurn
from clew.base.ids import uuid7
from clew.capture.actions import imports, rows
from clew.capture.errors import AlreadyImported, HoldLost, ImportMoved, NothingToImport
from clew.capture.models import Import, ImportRow, Submission, Waiting
from clew.capture.queries import left_out
from clew.contacts.models import Identifier, Lead, Repeat
from clew.web import import_command, importing
from tests import company as companies
from tests.company import Company
from tests.web.imported import (
    ANNA,
    bring,
    check,
    guessed,
    now,
    on_disk,
    send,
    take_back,
    verdicts,
    work,
)

pytestmark = pytest.mark.django_db
State = Import.State

SHEET = """姓名,手机号,留言,编号
张三,13800138000,要 3 台,A1
李四,138 0013 8001,,A2
张三,13800138000,要 3 台,A1
王五,1.38E+10,报价,A3
赵六,,想了解,A4
张先生,13800138000,再问一次,A5
钱七,13900139002,,A2
""".encode()
IDS = {"编号": "external_id"}  # not unique, so it is not guessed
# In the order of the file: rows 2 to 8 as a spreadsheet counts them.
JUDGED = {
    2: ("new", ""),
    3: ("new", ""),
    4: ("duplicate", "same_row"),
    5: ("error", "digits_lost"),
    6: ("error", "unreachable"),
    7: ("duplicate", "same_person"),
    8: ("duplicate", "known_id"),
}


@pytest.fixture
def company() -> Company:
    return companies.found()


def books() -> tuple[int, ...]:
    return (Lead.objects.count(), Repeat.objects.count(), Identifier.objects.count())


def test_every_row_is_judged_before_any_goes_in(company: Company) -> None:
    batch = check(send(SHEET), company, **IDS)
    assert verdicts(batch) == JUDGED
    assert batch.state == State.CHECKED
    assert (batch.row_count, imports.good_count(batch)) == (7, 3)
    assert books() == (0, 0, 0)


def test_the_good_rows_go_in_and_the_others_say_why(company: Company) -> None:
    batch = bring(company, SHEET, **IDS)
    assert batch.state == State.DONE
    assert verdicts(batch) == JUDGED
    assert books() == (2, 1, 2)
    assert {k: n for k, n in batch.counts.items() if ":" not in k} == {
        "new": 2,
        "duplicate": 3,
        "error": 2,
    }
    assert [(row.code, cells[1]) for row, cells in left_out(batch)] == [
        ("digits_lost", "1.38E+10"),
        ("unreachable", ""),
    ]


def test_cells_of_refused_rows_are_sealed(company: Company) -> None:
    batch = bring(company, SHEET, **IDS)
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(encode(cells, 'escape'), '') from capture_importrow")
        assert "1.38E+10" not in cursor.fetchone()[0]
    assert ImportRow.objects.filter(batch=batch, cells__isnull=False).count() == 4


def test_a_person_who_is_known_is_strengthened(company: Company) -> None:
    bring(company, b"phone,message\n13800138000,hello\n")
    batch = bring(company, b"phone,message\n13800138000,again\n13900139000,new\n")
    assert [v for v, _ in verdicts(batch).values()] == ["strengthened", "new"]
    assert books() == (2, 1, 2)


def test_a_double_click_imports_once(company: Company) -> None:
    batch = check(send(SHEET), company, **IDS)
    imports.start(batch.pk, actor=ANNA, now=now())
    imports.start(batch.pk, actor=ANNA, now=now())
    work(batch.pk, State.IMPORTING)
    assert imports.start(batch.pk, actor=ANNA, now=now()).state == State.DONE
    assert books() == (2, 1, 2)


def test_the_same_file_goes_into_a_source_once_until_it_is_undone(company: Company) -> None:
    first = bring(company, SHEET, **IDS)
    again = check(send(SHEET, "copy of leads.csv"), company, **IDS)
    with pytest.raises(AlreadyImported) as refused:
        imports.start(again.pk, actor=ANNA, now=now())
    assert refused.value.details == {"earlier": str(first.pk)}
    take_back(first)
    assert books() == (0, 0, 0)
    imports.settle(
        again.pk, source_key=company.site.key, plan=guessed(again, **IDS), actor=ANNA, now=now()
    )
    work(again.pk, State.CHECKING)
    imports.start(again.pk, actor=ANNA, now=now())
    assert work(again.pk, State.IMPORTING).state == State.DONE
    assert books() == (2, 1, 2)


def test_undo_takes_back_what_an_import_strengthened(company: Company) -> None:
    bring(company, b"phone,message\n13800138000,hello\n")
    batch = bring(company, b"phone,message,email\n13800138000,more,a@example.com\n")
    assert books() == (1, 1, 2)
    undone = take_back(batch)
    assert (undone.state, undone.counts["undone"]) == (State.UNDONE, 1)
    assert books() == (1, 0, 1)
    assert Lead.objects.get().submission_count == 1


def test_history_is_recorded_and_given_to_nobody(company: Company) -> None:
    content = "年龄,职业,结果,成交金额\n58,经理,成交,1200.50\n44,技工,失败,\n".encode()
    batch = send(content)
    batch = check(batch, company, guessed(batch, is_history=True))
    imports.start(batch.pk, actor=ANNA, now=now())
    batch = work(batch.pk, State.IMPORTING)
    assert batch.counts == {"new": 2}
    assert not Lead.objects.filter(ended_at=None).exists()
    with connection.cursor() as cursor:
        cursor.execute("select kind, reason from handoff_placement order by reason")
        assert cursor.fetchall() == [("closed", "lost"), ("closed", "won")]
        cursor.execute("select count(*) from pipeline_clock")
        assert cursor.fetchone() == (0,)


def many(count: int) -> bytes:
    lines = (f"{13800000000 + n},row {n}" for n in range(count))
    return "\n".join(["phone,message", *lines]).encode()


def test_a_pause_holds_the_rest_back(company: Company) -> None:
    batch = check(send(many(1200)), company)
    imports.start(batch.pk, actor=ANNA, now=now())
    taken = rows.take(importing.HOLDER, now())
    assert taken is not None
    imports.pause(batch.pk, actor=ANNA, now=now())
    with pytest.raises(HoldLost):
        importing.carry_on(taken, importing.Stored(taken.file_id, taken.name))
    assert not importing.work(now())
    imports.resume(batch.pk, actor=ANNA, now=now())
    assert work(batch.pk, State.IMPORTING).counts == {"new": 1200}


@pytest.mark.parametrize("step", ["let_through", "end_import", "keep_verdicts"])
def test_a_worker_that_dies_anywhere_is_followed_by_another(
    company: Company, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    batch = send(many(1200))
    imports.settle(
        batch.pk, source_key=company.site.key, plan=guessed(batch), actor=ANNA, now=now()
    )
    if step != "keep_verdicts":
        work(batch.pk, State.CHECKING)
        imports.start(batch.pk, actor=ANNA, now=now())
    with monkeypatch.context() as dying:
        dying.setattr(
            rows, step, _dies_after(1 if step != "end_import" else 0, getattr(rows, step))
        )
        with pytest.raises(KeyboardInterrupt):
            _work_on()
    importing._readers.clear()
    assert rows.take(uuid7(), now()) is None
    held = rows.take(uuid7(), now() + timedelta(minutes=1))
    assert held is not None
    Import.objects.update(held_by=None, held_until=None)
    if step == "keep_verdicts":
        batch = work(batch.pk, State.CHECKING)
        imports.start(batch.pk, actor=ANNA, now=now())
    assert work(batch.pk, State.IMPORTING).counts == {"new": 1200}
    assert (Submission.objects.count(), Lead.objects.count()) == (1200, 1200)


def _work_on() -> None:
    for _ in range(50):
        importing.work(now())


def _dies_after(times: int, act):  # type: ignore[no-untyped-def]
    left = [times]

    def dying(*args, **kwargs):  # type: ignore[no-untyped-def]
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return act(*args, **kwargs)

    return dying


@pytest.mark.django_db(transaction=True)
def test_two_workers_carry_one_import_on_once() -> None:
    company = companies.found(capacity=5000)
    batch = check(send(many(3000)), company)
    imports.start(batch.pk, actor=ANNA, now=now())
    holders = [uuid7(), uuid7()]
    errors: list[BaseException] = []

    def carry(holder: object) -> None:
        try:
            for _ in range(200):
                taken = rows.take(holder, now())  # type: ignore[arg-type]
                if taken:
                    importing.carry_on(taken, importing.Stored(taken.file_id, taken.name))
        except BaseException as error:  # noqa: BLE001  told by the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=carry, args=(holder,)) for holder in holders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert Import.objects.get().counts == {"new": 3000}
    assert Submission.objects.count() == Lead.objects.count() == 3000
    assert not Waiting.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_portions_that_go_in_side_by_side_leave_every_row_its_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    company = companies.found(capacity=5000)
    lines = many(1900).splitlines()
    lines[700] = lines[100] + b" and more"  # in the first portion and in the second
    let_in = rows.let_through
    at_once: set[str] = set()

    def slowly(*args, **kwargs):  # type: ignore[no-untyped-def]
        name = threading.current_thread().name
        at_once.add(name)
        if threading.current_thread() is threading.main_thread():
            time.sleep(0.3)  # whoever goes beside is sure to be first
        return let_in(*args, **kwargs)

    monkeypatch.setattr(rows, "let_through", slowly)
    batch = bring(company, b"\n".join(lines))
    assert batch.counts == {"new": 1899, "duplicate": 1, "duplicate:same_person": 1}
    assert ImportRow.objects.get(batch=batch, code="same_person").number == 701
    assert len(at_once) == 2
    assert Lead.objects.count() == 1899


def test_a_file_of_which_nothing_is_good_does_not_start(company: Company) -> None:
    batch = check(send(b"phone,message\n1.38E+10,a\n,b\n"), company)
    with pytest.raises(NothingToImport):
        imports.start(batch.pk, actor=ANNA, now=now())


def test_pieces_come_in_turn_and_may_come_twice() -> None:
    batch = imports.begin("a.csv", 8, actor=ANNA, now=now())
    assert imports.add_piece(batch.pk, 0, b"a,b\n") == 4
    assert imports.add_piece(batch.pk, 0, b"a,b\n") == 4
    with pytest.raises(PieceOutOfTurn):
        imports.add_piece(batch.pk, 6, b"2\n")
    with pytest.raises(PieceOutOfTurn):
        imports.finish_upload(batch.pk)
    imports.add_piece(batch.pk, 4, b"1,2\n")
    assert imports.finish_upload(batch.pk).state == State.EXAMINING
    with pytest.raises(ImportMoved):
        imports.add_piece(batch.pk, 8, b"")


def test_a_file_that_cannot_be_read_says_so(company: Company) -> None:
    batch = send(b"   \n\n")
    assert batch.state == State.FAILED
    assert batch.problem
    imports.discard(batch.pk, actor=ANNA, now=now())
    assert not Import.objects.exists()


def test_the_terminal_imports_and_takes_back(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = on_disk(tmp_path, SHEET)
    words = [str(file), "--source", company.site.name, "--json", "--map", "编号=external_id"]
    assert import_command.main([*words, "--dry-run"]) == 0
    tried = json.loads(capsys.readouterr().out)
    assert (tried["new"], tried["duplicates"], tried["errors"]) == (2, 3, 2)
    assert not Import.objects.exists()
    bad = tmp_path / "bad.csv"
    assert import_command.main([*words, "--bad", str(bad)]) == 0
    kept = list(csv.reader(bad.read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in kept] == ["姓名", "王五", "赵六"]
    assert "手机号: " in kept[1][-1]
    told = json.loads(capsys.readouterr().out)
    assert {k: told[k] for k in ("rows", "new", "strengthened", "duplicates", "errors")} == {
        "rows": 7,
        "new": 2,
        "strengthened": 0,
        "duplicates": 3,
        "errors": 2,
    }
    with pytest.raises(AlreadyImported):
        import_command.main(words)
    assert import_command.main(["--undo", told["import"], "--json"]) == 0
    assert books() == (0, 0, 0)
