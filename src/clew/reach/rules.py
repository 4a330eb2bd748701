"""When something goes out, how often, and what it may say: pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

BREAKER = 5  # failures one after the other, and a robot is only tried now and then
FIRST_REST = timedelta(seconds=5)
OPEN_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)
LINES = 8  # of one message
STALE = timedelta(hours=24)  # nobody wants to be told of it any more

_NUMBERISH = re.compile(r"\d(?:[\s\-·&/]*\d){4,}")  # all that is left between letters
_LONGEST = 40


def rest(failures: int) -> timedelta:
    """Give how long a robot rests after so many failures in a row: 5 s, doubling; from the fifth 1 to 15 minutes."""
    if failures < 1:
        return timedelta(0)
    if failures < BREAKER:
        return FIRST_REST * (1 << failures - 1)
    return min(OPEN_REST * (1 << min(failures - BREAKER, 10)), LONGEST_REST)


def room(sent: list[datetime], per_minute: int, per_second: int, now: datetime) -> bool:
    """Tell whether one more message fits into a robot's limits; `sent` are the times of those before."""
    last_minute = [at for at in sent if timedelta(0) <= now - at < timedelta(minutes=1)]
    last_second = [at for at in last_minute if now - at < timedelta(seconds=1)]
    return len(last_minute) < per_minute and len(last_second) < per_second


def at_once(failures: int) -> int:
    """Give how many notices one message may hold: a robot that fails is tried with one."""
    return 1 if failures >= BREAKER else LINES


def public(text: str) -> str:
    """Give what a stranger typed as it may stand before a group: one line of letters and short numbers.

    Whatever could be a phone number goes, and whatever a messenger might take for a link, a mention or a style.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c if c.isalnum() or c in "·-&/ " else " " for c in plain)
    plain = " ".join(_NUMBERISH.sub("…", plain).split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def initials(name: str) -> str:
    """Give a person's name as a group may see it: 周**, A**."""
    first = public(name)[:1]
    return f"{first}**" if first and not first.isdigit() else ""


class When(StrEnum):
    """When an outlet says something of a kind: at once, only while it is unread, collected by the hour, or never."""

    NOW = "now"
    UNREAD = "unread"
    HOURLY = "hourly"
    NEVER = "never"


ROBOT, MAIL = "robot", "mail"
USUAL: Mapping[tuple[str, str], When] = {
    ("hot", ROBOT): When.NOW,
    ("given", ROBOT): When.NOW,
    ("soon", ROBOT): When.NOW,
    ("late", ROBOT): When.NOW,
    ("taken", ROBOT): When.NOW,
    ("unread", ROBOT): When.NOW,
    ("unmet", ROBOT): When.NOW,
    ("stuck", ROBOT): When.NOW,
    ("hot", MAIL): When.UNREAD,
    ("given", MAIL): When.UNREAD,
    ("soon", MAIL): When.NEVER,
    ("late", MAIL): When.UNREAD,
    ("taken", MAIL): When.NEVER,
    ("unread", MAIL): When.UNREAD,
    ("unmet", MAIL): When.UNREAD,
    ("stuck", MAIL): When.UNREAD,
}
ASKED = (
    "hot",
    "given",
    "late",
    "unread",
    "unmet",
    "stuck",
)  # kinds of which it is looked at whether they were read
HANDED_ON = ("hot", "given", "late")  # and told to the manager where they were not
DAY = 24 * 60
PAST_THE_HOUR = 7  # minutes: vendors are busiest on the hour


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of a day in which somebody is left alone, in minutes since midnight; over midnight where they turn."""

    from_minute: int
    until_minute: int
    zone: ZoneInfo

    def ends(self, at: datetime) -> datetime | None:
        """Give when the quiet that holds at a time ends; None where none does."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if self.from_minute <= self.until_minute:
            is_quiet, is_next_day = self.from_minute <= minute < self.until_minute, False
        else:
            is_quiet = minute >= self.from_minute or minute < self.until_minute
            is_next_day = minute >= self.from_minute
        if not is_quiet:
            return None
        day = local.date() + timedelta(days=is_next_day)
        hour, rest_ = divmod(self.until_minute % DAY, 60)
        return datetime.combine(day, time(hour, rest_), tzinfo=self.zone)


def loud(at: datetime, quiet: Quiet | None) -> datetime:
    """Give the first moment from a time on at which somebody may be spoken to."""
    return (quiet.ends(at) if quiet else None) or at


def due(when: When, at: datetime, quiet: Quiet | None) -> datetime | None:
    """Give when something goes out that happened at a time; None where it waits for being unread, or never does."""
    if when == When.NOW:
        return loud(at, quiet)
    if when != When.HOURLY:
        return None
    collected = at.replace(minute=PAST_THE_HOUR, second=0, microsecond=0)
    if collected <= at:
        collected += timedelta(hours=1)
    return loud(collected, quiet)
