"""One change to many leads: judged, shown, made once each, left where somebody was faster, taken back."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from clew.access.models import Member, Membership, Role
from clew.base.models import Entry
from clew.grading import actions as grading
from clew.grading.models import Grade
from clew.handoff.actions import leads as handoff
from clew.handoff.actions import seats
from clew.handoff.models import Seat
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.bulk import actions
from clew.pipeline.bulk.actions import advance, choose, go_on, say, start, undo
from clew.pipeline.bulk.queries import tally
from clew.pipeline.bulk.rules import CODES, Stand, Terms, judge
from clew.pipeline.bulk.wording import LEFT
from clew.pipeline.errors import (
    ActDenied,
    ActUnknown,
    BulkMissing,
    BulkOver,
    BulkTooLarge,
    EndUnknown,
    GradeUnsaid,
    NextTimePassed,
    NothingChosen,
    NothingToChange,
    UndoOver,
)
from clew.pipeline.filters import Filter
from clew.pipeline.models import BulkEdit, BulkRow, Task
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found, member
from tests.pipeline.many import NOW, browser, judged, made, stands

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def company() -> Company:
    return found()


def hot(company: Company, number: int) -> list[UUID]:
    return [
        enquire(company.site, name=f"人{n}", phone=f"1381234{n:04d}", **HOT) for n in range(number)
    ]


def reasons(bulk: BulkEdit) -> dict[str, int]:
    return dict(tally(bulk).reasons)


def test_each_lead_gets_its_own_event_by_the_one_who_asked(company: Company) -> None:
    leads = hot(company, 3)
    seat = company.seats[0]
    others = [lead for lead in leads if stands(lead).seat_id != seat.pk]
    Entry.objects.all().delete()
    bulk = made(company.manager, "assign", leads, seat_id=seat.pk)
    assert all(stands(lead).seat_id == seat.pk for lead in leads)
    told = Entry.objects.filter(name="LeadAssigned")
    assert {entry.subject for entry in told} == set(others)
    assert {entry.actor_id for entry in told} == {str(company.manager.pk)}
    assert tally(bulk).done == len(others)
    assert reasons(bulk) == {"there_already": 1}
    ended = Entry.objects.get(name="BulkEditEnded")
    assert ended.data == {"done_count": len(others), "left_count": 1}


def test_nothing_is_changed_before_it_is_confirmed(company: Company) -> None:
    leads = hot(company, 3)
    before = [stands(lead).pk for lead in leads]
    bulk = judged(company.manager, "assign", leads, seat_id=company.seats[0].pk)
    advance(NOW)
    assert [stands(lead).pk for lead in leads] == before
    assert tally(bulk).whole == 3


@pytest.mark.parametrize("act", ["assign", "reopen", "grade", "lift"])
def test_what_only_managers_do_salespeople_do_not_do_to_many(company: Company, act: str) -> None:
    (lead,) = hot(company, 1)
    holder = Member.objects.get(seats__placements__lead=lead)
    with pytest.raises(ActDenied):
        choose(uuid4(), act, viewer=holder, now=NOW, lead_ids=[lead])


@pytest.mark.parametrize("act", ["", "undo", "delete", "x" * 300])
def test_there_is_no_other_act(company: Company, act: str) -> None:
    with pytest.raises(ActUnknown):
        choose(uuid4(), act, viewer=company.manager, now=NOW, lead_ids=hot(company, 1))


def test_leads_of_others_are_not_among_those_chosen(company: Company) -> None:
    leads = hot(company, 3)
    holder = Member.objects.get(seats__placements__lead=leads[0])
    bulk = judged(holder, "close", leads, end="lost_price")
    assert [row.lead_id for row in bulk.rows.all()] == [leads[0]]
    stranger = member(company.organisation, "far", Role.MANAGER, company.offline)
    with pytest.raises(NothingChosen):
        choose(uuid4(), "close", viewer=stranger, now=NOW, lead_ids=leads)
    with pytest.raises(BulkMissing):
        say(bulk.pk, Terms(end="won"), viewer=company.manager, now=NOW)


def test_rights_are_looked_at_again_when_it_is_made(company: Company) -> None:
    leads = hot(company, 2)
    seat = next(s for s in company.seats if s.pk not in {stands(lead).seat_id for lead in leads})
    lost = judged(company.manager, "assign", leads, seat_id=seat.pk)
    start(lost.pk, viewer=company.manager, now=NOW)
    Membership.objects.filter(member=company.manager).delete()
    go_on(lost.pk, now=NOW, most=9)
    assert reasons(lost) == {"lead_missing": 2}
    Membership.objects.create(member=company.manager, team=company.online)
    demoted = judged(company.manager, "assign", leads, seat_id=seat.pk)
    start(demoted.pk, viewer=company.manager, now=NOW)
    Member.objects.filter(pk=company.manager.pk).update(role=Role.SALESPERSON)
    go_on(demoted.pk, now=NOW, most=9)
    assert reasons(demoted) == {"act_denied": 2}
    assert seat.pk not in {stands(lead).seat_id for lead in leads}


def test_a_lead_that_somebody_changed_meanwhile_is_left_and_named(company: Company) -> None:
    leads = hot(company, 2)
    moved, other = leads
    to = Seat.objects.get(pk=stands(other).seat_id)
    third = next(s for s in company.seats if s.pk not in {stands(moved).seat_id, to.pk})
    bulk = judged(company.manager, "assign", leads, seat_id=third.pk)
    handoff.assign(moved, seat_id=to.pk, actor=TESTER, now=NOW, reason="by_hand")
    start(bulk.pk, viewer=company.manager, now=NOW)
    go_on(bulk.pk, now=NOW, most=9)
    assert stands(moved).seat_id == to.pk
    assert bulk.rows.get(lead_id=moved).code == "lead_moved"
    text = page(company.manager, bulk)
    assert "Somebody has changed it meanwhile" in text
    assert "人0" in text


def test_a_lead_whose_import_was_undone_meanwhile_is_left(company: Company) -> None:
    leads = hot(company, 1)
    bulk = judged(company.manager, "close", leads, end="won")
    BulkRow.objects.update(lead_id=uuid4())
    start(bulk.pk, viewer=company.manager, now=NOW)
    go_on(bulk.pk, now=NOW, most=9)
    assert reasons(bulk) == {"lead_missing": 1}


def test_pooled_and_closed_leads_are_left_for_the_reason_that_the_page_tells(
    company: Company,
) -> None:
    held, closed = hot(company, 2)
    cold = enquire(company.site, phone="13900000000", **COLD)
    handoff.to_pool(cold, team_id=company.online.pk, actor=TESTER, now=NOW, reason="grade")
    close_lead(closed, reason="won", member=company.manager, now=NOW)
    bulk = judged(company.manager, "close", [held, closed, cold], end="lost_need")
    assert reasons(bulk) == {"closed_already": 1, "in_pool": 1}
    start(bulk.pk, viewer=company.manager, now=NOW)
    go_on(bulk.pk, now=NOW, most=9)
    assert stands(held).reason == "lost_need"
    assert stands(closed).reason == "won"


def test_planning_reopening_grading_and_lifting(company: Company) -> None:
    leads = hot(company, 2)
    made(company.manager, "plan", leads, due_at=TOMORROW.isoformat())
    assert {task.due_at for task in Task.objects.filter(done_at=None)} == {TOMORROW}
    made(company.manager, "grade", leads, level=1, why="同行")
    assert {g.level for g in Grade.objects.filter(superseded_at=None)} == {1}
    again = judged(company.manager, "grade", leads, level=1, why="同行")
    assert reasons(again) == {"graded_so": 2}
    made(company.manager, "lift", leads)
    assert {g.level for g in Grade.objects.filter(superseded_at=None)} == {3}
    made(company.manager, "close", leads, end="lost_silent")
    made(company.manager, "reopen", leads)
    assert {stands(lead).kind for lead in leads} == {"person"}


@pytest.mark.parametrize(
    ("act", "terms", "error"),
    [
        ("close", {"end": "bad_number"}, EndUnknown),
        ("plan", {"due_at": MONDAY_NOON.isoformat()}, NextTimePassed),
        ("grade", {"level": 9, "why": "x"}, GradeUnsaid),
        ("grade", {"level": 3, "why": " "}, GradeUnsaid),
        ("grade", {"level": 3, "why": "x" * 201}, GradeUnsaid),
    ],
)
def test_what_makes_no_sense_is_refused(
    company: Company, act: str, terms: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        judged(company.manager, act, hot(company, 1), **terms)


def test_nobody_gives_leads_to_a_team_they_do_not_lead(company: Company) -> None:
    far = member(company.organisation, "far", Role.SALESPERSON)
    seat = seats.join(company.offline.pk, far.pk, weight=1, capacity=5, actor=TESTER, now=NOW)
    bulk = choose(uuid4(), "assign", viewer=company.manager, now=NOW, lead_ids=hot(company, 1))
    sent = {"seat": str(seat.pk)}
    answer = browser(company.manager).post(reverse("pipeline:bulk", args=[bulk.pk]), sent)
    assert answer.status_code == 422
    assert BulkEdit.objects.get().state == "chosen"


def test_all_that_fit_are_chosen_whatever_page_one_is_on(company: Company) -> None:
    leads = hot(company, 3)
    enquire(company.site, phone="13900000000", **COLD)
    sent = {"state": "grade=3&after=_x", "all": "yes", "act": "close", "once": str(uuid4())}
    answer = browser(company.manager).post(reverse("pipeline:bulk_edits"), sent)
    assert answer.status_code == 302
    assert {row.lead_id for row in BulkRow.objects.all()} == set(leads)
    count = browser(company.manager).get(reverse("pipeline:count") + "?grade=3")
    assert count.text == "3"


def test_too_many_at_once_are_refused_by_name(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_MOST", 2)
    hot(company, 3)
    with pytest.raises(BulkTooLarge):
        choose(uuid4(), "close", viewer=company.manager, now=NOW, wanted=Filter())
    assert not BulkEdit.objects.exists()


def test_a_double_click_is_one_change(company: Company) -> None:
    leads, client = hot(company, 2), browser(company.manager)
    sent = {"lead": [str(lead) for lead in leads], "act": "close", "once": str(uuid4())}
    places = {client.post(reverse("pipeline:bulk_edits"), sent)["Location"] for _click in range(2)}
    assert len(places) == 1
    bulk = BulkEdit.objects.get()
    client.post(places.pop(), {"end": "won"})
    for _click in range(2):
        client.post(reverse("pipeline:start_bulk", args=[bulk.pk]))
    assert Entry.objects.filter(name="LeadClosed").count() == 2
    assert Entry.objects.filter(name="BulkEditEnded").count() == 1


def test_what_has_begun_is_not_said_anew(company: Company) -> None:
    bulk = made(company.manager, "close", hot(company, 1), end="won")
    with pytest.raises(BulkOver):
        say(bulk.pk, Terms(end="lost_price"), viewer=company.manager, now=NOW)
    unsaid = choose(
        uuid4(), "close", viewer=company.manager, now=NOW, lead_ids=hot(company, 1) or []
    )
    with pytest.raises(BulkOver):
        start(unsaid.pk, viewer=company.manager, now=NOW)


def test_nothing_is_begun_where_nothing_would_change(company: Company) -> None:
    bulk = judged(company.manager, "reopen", hot(company, 1))
    with pytest.raises(NothingToChange):
        start(bulk.pk, viewer=company.manager, now=NOW)


@pytest.mark.parametrize(
    ("act", "terms"), [("close", {"end": "won"}), ("grade", {"level": 1, "why": "同行"})]
)
def test_a_change_is_taken_back_once(company: Company, act: str, terms: dict[str, object]) -> None:
    leads = hot(company, 2)
    before = [(stands(lead).seat_id, level(lead)) for lead in leads]
    bulk = made(company.manager, act, leads, **terms)
    back = undo(bulk.pk, uuid4(), viewer=company.manager, now=NOW)
    assert undo(bulk.pk, uuid4(), viewer=company.manager, now=NOW) == back
    while advance(NOW):
        pass
    assert [(stands(lead).seat_id, level(lead)) for lead in leads] == before
    assert tally(back).done == 2


def level(lead_id: UUID) -> int:
    return Grade.objects.get(lead=lead_id, superseded_at=None).level


def test_giving_is_taken_back_to_where_each_lead_was(company: Company) -> None:
    held, pooled, moved = hot(company, 3)
    handoff.to_pool(pooled, team_id=company.online.pk, actor=TESTER, now=NOW, reason="all_full")
    had = stands(held).seat_id
    to = next(s for s in company.seats if s.pk not in {had, stands(moved).seat_id})
    bulk = made(company.manager, "assign", [held, pooled, moved], seat_id=to.pk)
    close_lead(moved, reason="won", member=company.manager, now=NOW)
    back = undo(bulk.pk, uuid4(), viewer=company.manager, now=NOW)
    go_on(back.pk, now=NOW, most=9)
    assert stands(held).seat_id == had
    assert (stands(pooled).kind, stands(pooled).reason) == ("pool", "all_full")
    assert stands(moved).reason == "won"
    assert reasons(back) == {"lead_moved": 1}
    assert sum(Seat.objects.values_list("open_count", flat=True)) == 1


def test_who_has_left_gets_nothing_back(company: Company) -> None:
    (lead,) = hot(company, 1)
    had = stands(lead).seat_id or 0
    to = next(s for s in company.seats if s.pk != had)
    bulk = made(company.manager, "assign", [lead], seat_id=to.pk)
    seats.leave(had, actor=TESTER, now=NOW)
    go_on(undo(bulk.pk, uuid4(), viewer=company.manager, now=NOW).pk, now=NOW, most=9)
    assert (stands(lead).kind, stands(lead).team_id) == ("pool", company.online.pk)


def test_an_earlier_word_about_the_grade_is_said_again(company: Company) -> None:
    (lead,) = hot(company, 1)
    grading.override(lead, 2, "老客户", member=company.manager, now=NOW)
    bulk = made(company.manager, "grade", [lead], level=1, why="同行")
    go_on(undo(bulk.pk, uuid4(), viewer=company.manager, now=NOW).pk, now=NOW, most=9)
    grade = Grade.objects.get(lead=lead, superseded_at=None)
    assert grade.override
    assert (grade.level, grade.override.reason) == (2, "老客户")


def test_after_a_day_or_where_there_is_no_way_back_nothing_is_taken_back(company: Company) -> None:
    leads = hot(company, 1)
    planned = made(company.manager, "plan", leads, due_at=TOMORROW.isoformat())
    closed = made(company.manager, "close", leads, end="won")
    with pytest.raises(UndoOver):
        undo(planned.pk, uuid4(), viewer=company.manager, now=NOW)
    with pytest.raises(UndoOver):
        undo(closed.pk, uuid4(), viewer=company.manager, now=NOW + timedelta(days=1, seconds=1))


def test_salespeople_do_not_reopen_by_taking_back(company: Company) -> None:
    (lead,) = hot(company, 1)
    holder = Member.objects.get(seats__placements__lead=lead)
    bulk = made(holder, "close", [lead], end="won")
    with pytest.raises(UndoOver):
        undo(bulk.pk, uuid4(), viewer=holder, now=NOW)


def test_a_long_change_is_made_in_the_background_piece_by_piece(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PIECE", 2)
    bulk = judged(company.manager, "close", hot(company, 5), end="won")
    start(bulk.pk, viewer=company.manager, now=NOW)
    left = []
    while True:
        counts = tally(bulk)
        left.append(counts.waiting)
        text = page(company.manager, bulk)
        assert ("data-progress" in text) is (counts.waiting > 0)
        if not advance(NOW):
            break
    assert left == [5, 3, 1, 0]


def test_old_changes_are_deleted_with_their_rows(company: Company) -> None:
    bulk = made(company.manager, "close", hot(company, 2), end="won")
    back = undo(bulk.pk, uuid4(), viewer=company.manager, now=NOW)
    go_on(back.pk, now=NOW, most=9)
    later = NOW + timedelta(days=91)
    while actions.drop_bulk_edits(later, 2):
        pass
    assert not BulkEdit.objects.exists()
    assert not BulkRow.objects.exists()


def test_the_rules_give_only_reasons_that_have_words() -> None:
    kinds = [
        Stand(k, 1, s, g, 1, p)
        for k in ("person", "pool", "closed")
        for s in (None, 7)
        for g in (None, 1)
        for p in (True, False)
    ]
    acts = [act for act in BulkEdit.Act.values if act != "undo"]
    codes = {
        judge(act, Terms(seat_id=7, level=1), stand) for act in acts for stand in [*kinds, None]
    }
    assert codes - {""} == set(CODES)
    assert set(CODES) <= set(LEFT)


def page(viewer: Member, bulk: BulkEdit) -> str:
    return browser(viewer).get(reverse("pipeline:bulk", args=[bulk.pk])).text
