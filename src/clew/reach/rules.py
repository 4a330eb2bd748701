"""When something goes out, how often, and what it may say: pure."""

import re
import unicodedata
from datetime import datetime, timedelta

BREAKER = 5  # failures one after the other, and a robot is only tried now and then
FIRST_REST = timedelta(seconds=5)
OPEN_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)
LINES = 8  # of one message
STALE = timedelta(hours=24)  # nobody wants to be told of it any more

_NUMBERISH = re.compile(r"\d(?:[\s\-.()+]*\d){4,}")
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
