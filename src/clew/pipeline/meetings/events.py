"""What happens to meetings. Ids, codes and times only; what people wrote stays sealed in its row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clew.base.ledger import Event, Fact


@dataclass(frozen=True, slots=True)
class MeetingOffered(Event):
    """Somebody offered times to meet, for the first time or other ones instead."""

    lead_id: UUID
    meeting_id: UUID
    kind: str
    offered_count: int
    is_again: bool


@dataclass(frozen=True, slots=True)
class MeetingConfirmed(Event):
    """A time is settled: the person chose it by the link, or said so."""

    lead_id: UUID
    meeting_id: UUID
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class OtherTimeWished(Event):
    """The person asked for another time."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class MeetingDeclined(Event):
    """The person does not want to meet."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class MeetingCancelled(Event):
    """A meeting does not take place, from this side."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class MeetingLinkRenewed(Event):
    """The link of a meeting was replaced; the old one opens nothing."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class MeetingReminded(Event):
    """A salesperson was reminded of a meeting; `about` as in `rules.About`."""

    lead_id: UUID
    meeting_id: UUID
    about: str


@dataclass(frozen=True, slots=True)
class MeetingCheckedOff(Event):
    """A salesperson has done what a meeting needed, such as reminding the person."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class MeetingHeld(Fact):
    """The person came."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class MeetingMissed(Event):
    """The person did not come."""

    lead_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class VisitNoted(Event):
    """Somebody noted what was learnt in a meeting."""

    lead_id: UUID
    meeting_id: UUID
    note_id: int


@dataclass(frozen=True, slots=True)
class VisitTemplateChanged(Event):
    """A team wants other things to be noted of a meeting from now on."""

    team_id: int
    label_count: int


@dataclass(frozen=True, slots=True)
class FeedMade(Event):
    """A member's calendar may read their meetings under a new secret address; the one before is over."""

    member_id: int
    feed_id: int


@dataclass(frozen=True, slots=True)
class FeedRevoked(Event):
    """A secret address of a calendar gives nothing any more."""

    member_id: int
    feed_id: int
