"""The thinking of a salesperson's day: what a lead waits for, when to try again, the first words."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum

SOON = timedelta(minutes=10)
EVENING = time(19)
MORNING = time(10)
STEP = timedelta(minutes=5)
THING = 24
QUOTED = 60
MODEL = re.compile(r"[0-9A-Za-z]")
SENTENCE = re.compile(r"^[问要求想需请能有]|[？?。！!，,；;：:]")


class Group(IntEnum):
    """What a lead of the day waits for. Only `LATER` stands apart: what is planned for later today."""

    URGENT = 0
    NEW = 1
    DUE = 2
    REPLY = 3
    LATER = 4


class Next(StrEnum):
    """When to make contact again, as the call sheet offers it."""

    HOUR = "hour"
    TONIGHT = "tonight"
    TOMORROW = "tomorrow"
    MONDAY = "monday"
    DATE = "date"
    NEVER = "never"


class Said(StrEnum):
    """What people commonly say on the phone."""

    THINKING = "thinking"
    QUOTE = "quote"
    PRICE = "price"
    BOUGHT = "bought"
    WRONG_PERSON = "wrong_person"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a lead waits for: the clock if it runs, a message since the last call, the open task.

    `wrote_at` is a message that came after the last call. `planned_at` is when the task was made.
    """

    clock_started_at: datetime | None = None
    clock_due_at: datetime | None = None
    task_due_at: datetime | None = None
    planned_at: datetime | None = None
    wrote_at: datetime | None = None
    clock_kind: str = ""  # first or next, where it runs

    @property
    def is_next_step(self) -> bool:
        """Tell whether the clock runs because a next step has come."""
        task, clock = self.task_due_at, self.clock_started_at
        return self.clock_kind == "next" and task is not None and task == clock

    @property
    def put_off_until(self) -> datetime | None:
        """When a lead comes back that somebody put off: planned since its clock began to run, or since they wrote.

        A promise is not put off: with a running clock it comes back in time to keep it.
        """
        begun = self.clock_started_at or self.wrote_at
        if begun is None or self.task_due_at is None:
            return None
        if self.planned_at is None or self.planned_at < begun:
            return None
        if self.clock_due_at is None:
            return self.task_due_at
        return min(self.task_due_at, self.clock_due_at - SOON)


@dataclass(frozen=True, slots=True)
class Left:
    """How a clock stands: `state` late, soon, ok or fixed; `share` of its time left in percent."""

    state: str
    share: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What is known before the first word is spoken."""

    source: str
    submission_count: int
    interest: str
    category: str
    region: str
    only_left: str = ""  # the one way of reaching the person: phone, wechat or email


WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "source": "来自{}",
        "count": "第 {} 次留言",
        "interest": "问 {}",
        "quote": "说“{}”",
        "category": "看过{}",
        "phone": "只留了手机号",
        "wechat": "只留了微信",
        "email": "只留了邮箱",
        "between": "，",
    },
    "en": {
        "source": "From {}",
        "count": "message no. {}",
        "interest": "asks for {}",
        "quote": "says “{}”",
        "category": "looked at {}",
        "phone": "left only a phone number",
        "wechat": "left only a WeChat id",
        "email": "left only an e-mail address",
        "between": ", ",
    },
}


def group(standing: Standing, *, now: datetime) -> Group | None:
    """Say what a lead waits for today; None if it is for another day.

    `now` is local time: the day ends at its midnight. A lead with neither clock nor task has been
    left without a next step, so it is due.
    """
    back_at = standing.put_off_until
    if back_at is not None and back_at > now:
        return _later(back_at, now)
    if standing.clock_due_at is not None and standing.clock_due_at - now <= SOON:
        return Group.URGENT
    if standing.wrote_at is not None and back_at is None:
        return Group.REPLY
    if standing.clock_due_at is not None:
        return Group.DUE if standing.is_next_step else Group.NEW
    if standing.task_due_at is None or standing.task_due_at <= now:
        return Group.DUE
    return _later(standing.task_due_at, now)


def _later(at: datetime, now: datetime) -> Group | None:
    return Group.LATER if at < midnight(now) else None


def midnight(now: datetime) -> datetime:
    """Give the end of a local day."""
    return datetime.combine(now.date() + timedelta(days=1), time(0), now.tzinfo)


def left(standing: Standing, *, now: datetime) -> Left:
    """Tell how much of a lead's time is left. A task's hour is fixed and has no ring."""
    due_at, started_at = standing.clock_due_at, standing.clock_started_at
    if due_at is None or started_at is None:
        task = standing.task_due_at
        return Left("fixed", 0, int((task - now).total_seconds()) if task else 0)
    seconds = int((due_at - now).total_seconds())
    if seconds < 0:
        return Left("late", 0, seconds)
    whole = max(1, int((due_at - started_at).total_seconds()))
    share = min(100, round(100 * seconds / whole))
    return Left("soon" if due_at - now <= SOON else "ok", share, seconds)


def next_times(now: datetime) -> dict[Next, datetime]:
    """Offer times for the next contact, in local time; this evening only while it lies ahead."""
    today = now.date()
    tonight = datetime.combine(today, EVENING, now.tzinfo)
    monday = today + timedelta(days=7 - today.weekday())
    times = {
        Next.HOUR: _rounded_up(now + timedelta(hours=1)),
        Next.TONIGHT: tonight,
        Next.TOMORROW: datetime.combine(today + timedelta(days=1), MORNING, now.tzinfo),
        Next.MONDAY: datetime.combine(monday, MORNING, now.tzinfo),
    }
    if tonight - now < timedelta(minutes=30):
        del times[Next.TONIGHT]
    return times


SUGGESTED = {
    ("answered", ""): Next.TOMORROW,
    ("answered", Said.THINKING): Next.TOMORROW,
    ("answered", Said.QUOTE): Next.HOUR,
    ("answered", Said.PRICE): Next.TOMORROW,
    ("answered", Said.BOUGHT): Next.NEVER,
    ("answered", Said.WRONG_PERSON): Next.NEVER,
    ("no_answer", ""): Next.HOUR,
    ("bad_number", ""): Next.NEVER,
    ("refused", ""): Next.MONDAY,
    ("wechat_added", ""): Next.TOMORROW,
    ("blocked", ""): Next.NEVER,
}
QUIET_FROM = time(20)


def suggest(result: str, said: str, *, now: datetime) -> Next:
    """Suggest the next contact after a result, so that it need not be chosen. `now` is local.

    An unanswered call is tried again in an hour, but not late in the evening.
    """
    choice = SUGGESTED.get((result, said)) or SUGGESTED.get((result, ""), Next.TOMORROW)
    if choice is Next.HOUR and (now + timedelta(hours=1)).time() >= QUIET_FROM:
        return Next.TOMORROW
    return choice


def first_line(facts: LeadFacts, language: str) -> str:
    """Write the line that a salesperson reads before dialling, from facts alone.

    `language` is a language code; what does not begin with "zh" is answered in English.
    """
    words = WORDS["zh" if language.startswith("zh") else "en"]
    parts = [words["source"].format(facts.source)]
    if facts.submission_count > 1:
        parts.append(words["count"].format(facts.submission_count))
    if facts.interest:
        parts.append(_wanted(facts.interest, words))
    elif facts.category:
        parts.append(words["category"].format(facts.category))
    elif facts.only_left:
        parts.append(words[facts.only_left])
    if facts.region:
        parts.append(facts.region)
    return words["between"].join(parts)


def _wanted(interest: str, words: dict[str, str]) -> str:
    """Name a thing that is asked for; what is already a sentence of theirs is quoted instead."""
    is_thing = MODEL.search(interest) and not SENTENCE.search(interest)
    if is_thing and len(interest) <= THING:
        return words["interest"].format(interest)
    is_long = len(interest) > QUOTED
    return words["quote"].format(interest[: QUOTED - 1] + "…" if is_long else interest)


def _rounded_up(moment: datetime) -> datetime:
    past = timedelta(minutes=moment.minute % 5, seconds=moment.second)
    whole = moment.replace(microsecond=0)
    return whole if not past else whole - past + STEP


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a waterfall in percent of its width; `kind` s for the start, f for more, n for less."""

    x: int
    width: int
    kind: str


def waterfall(points: list[int]) -> list[Bar]:
    """Draw each amount from where the last one ended, so that the last end is the sum."""
    ends = [0]
    for amount in points:
        ends.append(ends[-1] + amount)
    whole = max(100, *ends)
    bars = []
    for number, amount in enumerate(points):
        low, high = sorted((max(0, ends[number]), max(0, ends[number + 1])))
        kind = "s" if number == 0 else "f" if amount >= 0 else "n"
        bars.append(Bar(low * 100 // whole, (high - low) * 100 // whole, kind))
    return bars
