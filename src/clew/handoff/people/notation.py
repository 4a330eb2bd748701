"""How people write working hours and days, and back. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from clew.handoff.calendars import DAY
from clew.handoff.people.errors import BlockUnreadable, DayUnreadable

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHINESE = "一二三四五六日"
BLOCK = re.compile(
    r"(\d{1,2})(?:[:：](\d{2}))?\s*(?:-|–|—|~|～|至|到|to)\s*(\d{1,2})(?:[:：](\d{2}))?"
)
BETWEEN = re.compile(r"[,，、;；\n]+")
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
SPAN = re.compile(rf"{DATE.pattern}(?:\s*(?:-|–|—|~|～|至|到|to)\s*{DATE.pattern})?")
WEEKDAY = re.compile(
    rf"(?:周|星期|礼拜)\s*([{CHINESE}天])|\b({'|'.join(WEEKDAYS)})[a-z]*", re.IGNORECASE
)
LONGEST_SPAN = 400  # days in one line


def read_blocks(text: str) -> list[tuple[int, int]]:
    """Read `8:30–12:00, 13:30–18:00` as minutes of a day. Raises BlockUnreadable."""
    found = []
    for part in filter(None, (p.strip() for p in BETWEEN.split(text))):
        match = BLOCK.fullmatch(part)
        if match is None:
            raise BlockUnreadable(reasons=[part[:40]])
        hour, minute, to_hour, to_minute = (int(number or 0) for number in match.groups())
        begin, end = hour * 60 + minute, to_hour * 60 + to_minute
        if max(minute, to_minute) > 59 or max(begin, end) > DAY:
            raise BlockUnreadable(reasons=[part[:40]])
        found.append((begin, end))
    return found


def write_blocks(week: Iterable[Sequence[int]]) -> list[str]:
    """Give the seven days of a week as `read_blocks` reads them."""
    days: list[list[str]] = [[] for _ in WEEKDAYS]
    for begin, end in sorted((start, end) for start, end in week):
        offset = begin // DAY * DAY
        days[begin // DAY].append(f"{_clock(begin - offset)}–{_clock(end - offset)}")
    return [", ".join(day) for day in days]


def read_days(text: str) -> list[date]:
    """Read dates and spans of dates, one on each line; what follows a date is a remark. Raises DayUnreadable."""
    found = []
    for line in filter(None, (ln.strip() for ln in text.splitlines())):
        match = SPAN.match(line)
        if match is None:
            raise DayUnreadable(reasons=[line[:40]])
        first, last = _date(match.groups()[:3], line), _date(match.groups()[3:], line)
        if first is None or (last is not None and not 0 <= (last - first).days < LONGEST_SPAN):
            raise DayUnreadable(reasons=[line[:40]])
        found += [first + timedelta(days=n) for n in range(((last or first) - first).days + 1)]
    return found


def read_exchanged(text: str) -> dict[date, int]:
    """Read `2026-10-10 as Wednesday` or `2026-10-10 周三`, one on each line; Monday where none is said.

    Raises DayUnreadable.
    """
    found = {}
    for line in filter(None, (ln.strip() for ln in text.splitlines())):
        match = DATE.match(line)
        day = _date(match.groups(), line) if match else None
        if match is None or day is None:
            raise DayUnreadable(reasons=[line[:40]])
        found[day] = _weekday(line[match.end() :])
    return found


def write_days(days: Iterable[str]) -> str:
    """Give dates as `read_days` reads them; those that follow each other as one span."""
    spans: list[tuple[date, date]] = []
    for day in sorted(date.fromisoformat(day) for day in days):
        if spans and day == spans[-1][1] + timedelta(days=1):
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return "\n".join(str(a) if a == b else f"{a} – {b}" for a, b in spans)


def write_exchanged(days: Mapping[str, int], names: Sequence[str]) -> str:
    """Give exchanged days as `read_exchanged` reads them, with the reader's names of weekdays."""
    return "\n".join(f"{day} {names[weekday]}" for day, weekday in sorted(days.items()))


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _date(parts: Sequence[str | None], line: str) -> date | None:
    if not parts[0]:
        return None
    try:
        return date(*(int(part or 0) for part in parts))
    except ValueError as impossible:
        raise DayUnreadable(reasons=[line[:40]]) from impossible


def _weekday(text: str) -> int:
    match = WEEKDAY.search(text)
    if match is None:
        return 0
    if match[1]:
        return 6 if match[1] == "天" else CHINESE.index(match[1])
    return WEEKDAYS.index(match[2].lower())
