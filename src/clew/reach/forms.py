"""The page of one's preferences: what is sent, and what is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from clew.access.models import Member, Role
from clew.reach.errors import QuietUnfit
from clew.reach.queries import patience, wishes
from clew.reach.rules import MAIL, ROBOT, USUAL
from clew.reach.wording import EVENTS, OF_MANAGERS, TIMES


@dataclass(frozen=True, slots=True)
class Choice:
    """When one is told of something by one medium."""

    name: str
    medium: str
    chosen: str
    times: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that one may be told of."""

    words: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page shows."""

    events: list[Event]
    quiet_from: str
    quiet_until: str
    robots: list[str]
    has_mail: bool
    next_minutes: int
    manager_minutes: int


def sent_wishes(sent: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Give what was chosen; what was not sent is as usual."""
    return {
        (kind, medium): sent.get(f"{kind}_{medium}", str(when))
        for (kind, medium), when in USUAL.items()
    }


def sent_quiet(sent: Mapping[str, str]) -> tuple[int, int] | None:
    """Give the quiet hours in minutes since midnight, None where both are empty. Raises QuietUnfit."""
    texts = [sent.get(name, "") for name in ("quiet_from", "quiet_until")]
    if not any(texts):
        return None
    try:
        first, last = (time.fromisoformat(text) for text in texts)
    except ValueError:
        raise QuietUnfit from None
    return first.hour * 60 + first.minute, last.hour * 60 + last.minute


def shown(viewer: Member, sent: Mapping[str, str]) -> Page:
    """Show a member's preferences, or what they have just sent."""
    known, terms = wishes(viewer), patience()
    kinds = [k for k in EVENTS if k not in OF_MANAGERS or viewer.role != Role.SALESPERSON]
    quiet = known.quiet
    return Page(
        events=[_event(kind, known.times, sent) for kind in kinds],
        quiet_from=sent.get("quiet_from") or (_clock(quiet.from_minute) if quiet else ""),
        quiet_until=sent.get("quiet_until") or (_clock(quiet.until_minute) if quiet else ""),
        robots=known.robots,
        has_mail=known.has_mail,
        next_minutes=terms.next_minutes,
        manager_minutes=terms.manager_minutes,
    )


def _event(kind: str, times: Mapping[tuple[str, str], str], sent: Mapping[str, str]) -> Event:
    offered = [(str(when), str(words)) for when, words in TIMES.items()]
    choices = [
        Choice(
            f"{kind}_{medium}", medium, sent.get(f"{kind}_{medium}", times[kind, medium]), offered
        )
        for medium in (ROBOT, MAIL)
    ]
    return Event(str(EVENTS[kind]), choices)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
