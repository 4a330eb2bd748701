"""What happens next? The belt that every submission rides, and the facts that others follow."""

from datetime import datetime

from clew.access.events import MemberLeft
from clew.base.ledger import gathered
from clew.base.outbox import Follower, Followers
from clew.contacts.belt.identifying import Arrival, identify
from clew.grading.belt import grade_leads
from clew.handoff.actions import release
from clew.handoff.belt.placing import place, redistribute
from clew.handoff.events import LeadAssigned, LeadClosed, LeadPooled, LeadReopened
from clew.pipeline.belt import breach, resume, start, stop, withdraw


def belt(arrivals: list[Arrival], now: datetime) -> None:
    """One transaction per batch: recognise, grade, place, start the clocks."""
    with gathered():
        start(place(grade_leads(identify(arrivals, now), now), now), now)


def tick(now: datetime) -> None:
    """What time alone brings about: pooled leads find somebody free, clocks run out."""
    start(redistribute(now), now)
    breach(now)


FACTS: Followers = {
    MemberLeft: [
        Follower("handoff.release", lambda e, now: release(e.member_id, now=now)),
    ],
    LeadAssigned: [
        Follower("pipeline.resume", lambda e, now: resume(e.lead_id, now)),
    ],
    LeadPooled: [
        Follower("pipeline.stop", lambda e, now: stop(e.lead_id, now)),
    ],
    LeadClosed: [
        Follower("pipeline.stop", lambda e, now: stop(e.lead_id, now)),
    ],
    LeadReopened: [
        Follower("pipeline.withdraw", lambda e, now: withdraw(e.lead_id, now)),
    ],
}
