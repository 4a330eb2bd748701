"""Changes of many leads while others work on the same leads: each lead once, nobody's work overwritten."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from clew.base.models import Entry
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement, Seat
from clew.pipeline.bulk.actions import advance, choose, go_on, say, start, undo
from clew.pipeline.bulk.queries import tally
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.filters import Filter
from clew.pipeline.models import BulkEdit, SavedView
from clew.pipeline.saved.actions import Sharing, overwrite, save
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)


def hot(company: Company, number: int) -> list[UUID]:
    return [enquire(company.site, phone=f"1381234{n:04d}", **HOT) for n in range(number)]


def begun(company: Company, leads: list[UUID], act: str, **terms: object) -> BulkEdit:
    bulk = choose(uuid4(), act, viewer=company.manager, now=LATER, lead_ids=leads)
    say(bulk.pk, Terms(**terms), viewer=company.manager, now=LATER)  # type: ignore[arg-type]
    start(bulk.pk, viewer=company.manager, now=LATER)
    return BulkEdit.objects.get(pk=bulk.pk)


def test_several_workers_at_one_change_close_each_lead_once() -> None:
    company = found()
    bulk = begun(company, hot(company, 12), "close", end="won")
    raised = at_once(*([lambda: go_on(bulk.pk, now=LATER, most=50)] * 4))
    assert not raised
    assert tally(bulk).done == 12
    assert Entry.objects.filter(name="LeadClosed").count() == 12
    assert Entry.objects.filter(name="BulkEditEnded").count() == 1
    assert BulkEdit.objects.get().state == "done"


def test_two_changes_of_the_same_leads_leave_each_lead_to_one_of_them() -> None:
    company = found()
    leads = hot(company, 9)
    one, other, _third = company.seats
    bulks = [begun(company, leads, "assign", seat_id=seat.pk) for seat in (one, other)]
    raised = at_once(*(lambda b=b: go_on(b.pk, now=LATER, most=50) for b in bulks))
    assert not raised
    first, second = (tally(bulk) for bulk in bulks)
    assert first.done + second.done >= len(leads)
    assert first.waiting == second.waiting == 0
    moves = Entry.objects.filter(name="LeadAssigned", actor_id=str(company.manager.pk))
    assert moves.count() == first.done + second.done
    held = Placement.objects.filter(lead__in=leads, closed_at=None)
    assert held.count() == len(leads)
    counts = dict(Seat.objects.values_list("pk", "open_count"))
    assert counts == {s: held.filter(seat=s).count() for s in counts}


def test_leads_that_are_moved_by_hand_meanwhile_are_moved_once() -> None:
    company = found()
    leads = hot(company, 9)
    to, by_hand, _third = company.seats
    bulk = begun(company, leads, "assign", seat_id=to.pk)

    def move() -> None:
        for lead in reversed(leads):
            handoff.assign(lead, seat_id=by_hand.pk, actor=TESTER, now=LATER, reason="by_hand")

    assert not at_once(lambda: go_on(bulk.pk, now=LATER, most=50), move)
    assert tally(bulk).waiting == 0
    assert set(Placement.objects.filter(closed_at=None).values_list("seat_id", flat=True)) == {
        by_hand.pk
    }


def test_of_clicks_at_once_one_change_is_chosen_begun_and_taken_back() -> None:
    company = found()
    leads, bulk_id = hot(company, 3), uuid4()
    viewer = company.manager
    chosen = at_once(
        *([lambda: choose(bulk_id, "close", viewer=viewer, now=LATER, lead_ids=leads)] * 4)
    )
    assert not chosen
    say(bulk_id, Terms(end="won"), viewer=viewer, now=LATER)
    assert not at_once(*([lambda: start(bulk_id, viewer=viewer, now=LATER)] * 4))
    while advance(LATER):
        pass
    assert not at_once(*([lambda: undo(bulk_id, uuid4(), viewer=viewer, now=LATER)] * 4))
    while advance(LATER):
        pass
    assert Entry.objects.filter(name="BulkEditStarted").count() == 2
    assert Entry.objects.filter(name="LeadClosed").count() == 3
    assert Entry.objects.filter(name="LeadReopened").count() == 3


def test_of_two_who_save_a_view_at_once_one_is_told() -> None:
    company = found()
    sharing = Sharing("v", "team", company.online.pk)
    view = save(uuid4(), sharing, Filter(), (), viewer=company.manager, now=LATER)
    people = (company.manager, company.administrator)
    raised = at_once(
        *(
            lambda who=who: overwrite(
                view.pk, Filter(q=who.username), (), edition=1, viewer=who, now=LATER
            )
            for who in people
        )
    )
    assert [type(error).__name__ for error in raised] == ["ViewMoved"]
    assert SavedView.objects.get().edition == 2
