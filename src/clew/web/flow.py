"""What happens next? The belt that every submission rides, its way back, the facts that others follow, and who hears."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from clew.access.events import MemberLeft
from clew.base.bulk import check_references
from clew.base.hearing import Heard, Listeners
from clew.base.ledger import gathered
from clew.base.outbox import Follower, Followers
from clew.capture.actions.undoing import mark_undone, take_back
from clew.capture.queries import not_undone, of_same_files
from clew.contacts.belt import forgetting as contacts
from clew.contacts.belt.identifying import Arrival, identify, write_leads
from clew.grading import belt as grading
from clew.grading.belt import grade_leads
from clew.handoff.actions.seats import release
from clew.handoff.belt import forgetting as handoff
from clew.handoff.belt.placing import place, redistribute
from clew.handoff.belt.rounds import lock_seats
from clew.handoff.events import LeadAssigned, LeadClosed, LeadPlaced, LeadPooled, LeadReopened
from clew.handoff.pools.belt import recall
from clew.handoff.pools.events import CreditShared, LeadRecalled
from clew.pipeline import belt as pipeline
from clew.pipeline.aftersale.actions import caring
from clew.pipeline.belt import resume, start, stop, withdraw
from clew.pipeline.clocks.belt import passing, reclaiming, steps
from clew.pipeline.commission.actions.booking import settle
from clew.pipeline.events import (
    CallLogged,
    ClockBreached,
    ClockEscalated,
    ClockReclaimed,
    ClockWarned,
    WorthCorrected,
)
from clew.pipeline.meetings.actions import following as meetings
from clew.pipeline.meetings.events import MeetingHeld
from clew.pipeline.moves.actions import forgetting as moves
from clew.pipeline.moves.actions.leads import advance, close, follow_call, take_up
from clew.pipeline.moves.events import LeadLeft, LeadMoved
from clew.pipeline.moves.models import Stage
from clew.pipeline.plays.actions import runs as plays
from clew.pipeline.queue import actions as queue
from clew.pipeline.recycling import belt as recycling
from clew.pipeline.resting import belt as resting
from clew.pipeline.resting.actions import leads as rests
from clew.pipeline.resting.events import LeadRested
from clew.reach.actions import notices as reach

TURN = (
    0x62656C74  # "belt": shared by all who send something along, alone for who takes something back
)


def belt(arrivals: list[Arrival], now: datetime) -> None:
    """One transaction per batch: recognise, grade, write, place, start the clocks, hand meetings on.

    Whatever needs no seat is written and checked first: others wait for the seats until the commit.
    """
    with gathered():
        graded = grade_leads(identify(arrivals, now), now)
        write_leads([one.enquiry for one in graded], now)
    check_references()
    again = {one.enquiry.lead_id for one in graded if not one.enquiry.is_new}
    with gathered():
        placed = place(graded, now)
        start(placed, now)
        raised = [p.lead_id for p in placed if p.kind == "person" and p.lead_id in again]
        meetings.hand_all_on(raised, now)


@dataclass(frozen=True, slots=True)
class Undoing:
    """What was undone: submissions, and among what they had done, leads and strengthenings of others.

    `kept_for`: how many submissions stay, by reason: worked_on, strengthened, recognised or merged.
    """

    undone: int
    leads: int
    strengthenings: int
    kept_for: dict[str, int]

    @property
    def kept(self) -> int:
        """How many of the submissions stay."""
        return sum(self.kept_for.values())


@transaction.atomic
def undo(submission_ids: Sequence[UUID], now: datetime) -> Undoing:
    """Make submissions as if they had never come; those stay that people or others have built on.

    For up to some 1,000 at a time. What the same file sent for the same people goes with them, so that
    it does not matter in which portions a file is undone. Repeating it changes nothing. The belt
    stands still until the commit; everybody else meets the leads' locks.
    """
    with gathered():
        stop_belt()
        asked = not_undone(submission_ids)
        take_back(asked, now=now)
        sent = contacts.sent_with(asked)
        undone = {*asked, *of_same_files(asked, [s.submission_id for s in sent])}
        lead_ids = contacts.lock(s.lead_id for s in sent)
        seen = contacts.look(sent, undone, pipeline.worked_on(lead_ids))
        _forget(seen, now)
        gone = {*asked, *seen.going} - seen.kept.keys()
        mark_undone(list(gone), now=now)
    kept = Counter(seen.kept[id_] for id_ in asked if id_ in seen.kept)
    return Undoing(len(gone), len(seen.removed), len(seen.weakened), dict(kept))


def _forget(seen: contacts.Look, now: datetime) -> None:
    """The belt backwards: what stands on leads, then leads; then what is left is graded again."""
    drop(seen.removed)
    forgotten = contacts.forget(seen, now)
    handoff.revive(list(forgotten.revived), now)
    pipeline.revive(forgotten.revived)
    grading.regrade(forgotten.left, now)
    handoff.tell([enquiry.lead_id for enquiry in forgotten.left])


def drop(lead_ids: list[UUID]) -> None:
    """Take away all that stands on leads, in the order of what stands on what."""
    for stage in (reach, plays, resting, moves, queue, pipeline, handoff, grading):
        stage.forget(lead_ids)


def keep_belt_moving() -> None:
    """Be one of those who may use the belt at the same time, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [TURN])


def stop_belt() -> None:
    """Be alone with what was recognised so far, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [TURN])


def tick(now: datetime) -> None:
    """What time alone brings about beside the clocks: pooled leads find somebody free."""
    given = redistribute(now)
    start(given, now)
    meetings.hand_all_on([one.lead_id for one in given], now)


@transaction.atomic
def give_out(now: datetime) -> None:
    """Let pooled leads find somebody free at once, where an edge does not want to wait for the tick."""
    tick(now)


def keep_clocks(now: datetime) -> bool:
    """Do one piece of all that clocks bring about, each whatever the others find. Tells whether there may be more."""
    has_more = [work(now) for work in (go_on, hand_on, pass_steps)]
    return any(has_more)


def go_on(now: datetime) -> bool:
    """Let clocks go on that are due, one piece of them. Tells whether there may be more."""
    return steps.go_on(now) == steps.AT_ONCE


@transaction.atomic
def hand_on(now: datetime) -> bool:
    """Hand some of the leads on that were late too long, with what goes on about them. Tells whether there may be more."""
    found = reclaiming.reclaim(now)
    meetings.hand_all_on(found.lead_ids, now)
    plays.halt_all(found.lead_ids, now)
    return found.count >= reclaiming.AT_ONCE


def pass_steps(now: datetime) -> bool:
    """Begin some of the clocks of next steps that have passed. Tells whether there may be more."""
    return passing.begin(now) == passing.AT_ONCE


@transaction.atomic
def recycle(now: datetime) -> bool:
    """Take some of the leads back that are due by their teams' rules. Tells whether there may be more."""
    due = recycling.due(now)
    if due:
        with gathered():
            freed = recall(due, now)
            lead_ids = [lead_id for lead_id, _ in due]
            pipeline.leave_alone(lead_ids, now)
            plays.halt_all(lead_ids, now)
        lock_seats([], freed)
    return len(due) == recycling.AT_ONCE


FACTS: Followers = {
    MemberLeft: [
        Follower("handoff.release", lambda e, now: release(e.member_id, now=now)),
        Follower("aftersale.hand_on", lambda e, now: caring.hand_on(e.member_id, now)),
    ],
    LeadAssigned: [
        Follower(
            "pipeline.resume",
            lambda e, now: resume(e.lead_id, now, goes_on=e.reason == "taken_back"),
        ),
        Follower("meetings.hand_on", lambda e, now: meetings.hand_on(e.lead_id, now)),
    ],
    LeadPooled: [
        Follower("pipeline.stop", lambda e, now: stop(e.lead_id, now)),
        Follower("plays.halt", lambda e, now: plays.halt(e.lead_id, now)),
    ],
    LeadClosed: [
        Follower("pipeline.stop", lambda e, now: stop(e.lead_id, now)),
        Follower("moves.close", lambda e, now: close(e.lead_id, e.reason, now)),
        Follower("meetings.close", lambda e, now: meetings.close(e.lead_id, e.reason, now)),
        Follower(
            "commission.settle", lambda e, now: e.reason == "won" and settle([e.lead_id], now)
        ),
        Follower("aftersale.begin", lambda e, now: caring.begin(e.lead_id, now)),
        Follower("plays.halt", lambda e, now: plays.halt(e.lead_id, now)),
        Follower("resting.begin", lambda e, now: rests.begin(e.lead_id, now)),
    ],
    LeadReopened: [
        Follower("pipeline.withdraw", lambda e, now: withdraw(e.lead_id, now)),
        Follower("moves.take_up", lambda e, now: take_up(e.lead_id, now)),
        Follower("aftersale.drop", lambda e, now: caring.drop(e.lead_id, now)),
        Follower("commission.settle", lambda e, now: settle([e.lead_id], now)),
    ],
    WorthCorrected: [
        Follower("commission.settle", lambda e, now: settle([e.lead_id], now)),
    ],
    CreditShared: [
        Follower("commission.settle", lambda e, now: settle([e.lead_id], now)),
    ],
    MeetingHeld: [
        Follower("moves.advance", lambda e, now: advance(e.lead_id, Stage.Sign.MET, now)),
    ],
    CallLogged: [
        Follower("moves.follow_call", lambda e, now: follow_call(e.lead_id, e.result, now)),
        Follower("plays.follow_call", lambda e, now: plays.follow_call(e.lead_id, e.call_id, now)),
    ],
    LeadMoved: [
        Follower("plays.follow_moved", lambda e, now: plays.follow_moved(e.lead_id, now)),
    ],
    LeadLeft: [
        Follower("plays.follow_left", lambda e, now: plays.follow_left(e.lead_id, now)),
    ],
}


def _placed(heard: Sequence[Heard], now: datetime) -> None:
    reach.tell_of_placed(heard, now)
    resting.wake_heard(heard, now)


# Heard in the ledger, behind whoever wrote it: thousands may come at once, and nobody waits for it.
HEARD: Listeners = {
    LeadPlaced: _placed,
    LeadAssigned: reach.tell_of_given,
    LeadPooled: reach.tell_of_taken,
    LeadRecalled: reach.tell_of_taken,
    ClockWarned: reach.tell_of_soon,
    ClockBreached: reach.tell_of_late,
    ClockReclaimed: reach.tell_of_taken,
    ClockEscalated: reach.tell_managers,
    LeadMoved: reach.settle_gone_on,
    LeadClosed: reach.settle_gone_on,
    CallLogged: reach.settle_tried,
    LeadReopened: resting.wake_heard,
    LeadRested: resting.wake_heard,
}
