"""Who shows up: invitations of a time, what became of them, by person and by source."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BooleanField, Case, Count, Q, QuerySet, Value, When

from clew.access.models import Member
from clew.base.digits import number
from clew.base.rates import interval
from clew.pipeline.meetings.agenda import visible_meetings
from clew.pipeline.meetings.models import Meeting

PERIODS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}  # days
USUAL = "30d"
PAGE = 50
State = Meeting.State
AGREED = (State.CONFIRMED, State.HELD, State.MISSED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report or list is narrowed by: when one was invited, by whom, from which source, what became of it."""

    period: str = USUAL
    who: str = ""
    source: str = ""
    state: str = ""

    def address(self, **changes: str) -> str:
        """Give the query of a page with some parts changed."""
        said = {"period": self.period, "who": self.who, "source": self.source, "state": self.state}
        return "?" + urlencode({k: v for k, v in (said | changes).items() if v})


@dataclass(frozen=True, slots=True)
class Number:
    """A count, and the query under which the list shows what it counts."""

    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report. `share` of those told who came, in per cent, with its interval."""

    name: str
    numbers: list[Number]
    share: int | None
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Report:
    """All, by person, by source."""

    all: Row
    people: list[Row]
    sources: list[Row]


COLUMNS: dict[str, Callable[[datetime], Q]] = {
    "invited": lambda _: Q(),
    "agreed": lambda _: Q(state__in=AGREED),
    "came": lambda _: Q(state=State.HELD),
    "missed": lambda _: Q(state=State.MISSED),
    "untold": lambda now: Q(state=State.CONFIRMED, from_at__lte=now),
}


def wanted_meetings(viewer: Member, wanted: Wanted, now: datetime) -> QuerySet[Meeting]:
    """Give the meetings of a filter that the viewer may see."""
    found = visible_meetings(viewer)
    if wanted.period in PERIODS:
        found = found.filter(made_at__gte=now - timedelta(days=PERIODS[wanted.period]))
    if wanted.who:
        found = found.filter(organiser=number(wanted.who) or -1)
    if wanted.source:
        found = found.filter(lead__source__key=wanted.source)
    if wanted.state in COLUMNS:
        found = found.filter(COLUMNS[wanted.state](now))
    return found


def report(viewer: Member, wanted: Wanted, now: datetime) -> Report:
    """Count invitations by person and by source in one statement."""
    is_due = Case(
        When(COLUMNS["untold"](now), then=Value(True)),  # noqa: FBT003  an SQL value
        default=Value(False),  # noqa: FBT003
        output_field=BooleanField(),
    )
    by = ("organiser_id", "organiser__name", "lead__source__key", "lead__source__name")
    rows = (
        wanted_meetings(viewer, wanted, now)
        .annotate(is_due=is_due)
        .values_list(*by, "state", "is_due")
        .annotate(n=Count("pk"))
        .order_by()
    )
    whole: Counter[str] = Counter()
    people: dict[tuple[str, str], Counter[str]] = {}
    sources: dict[tuple[str, str], Counter[str]] = {}
    for who, name, source, source_name, state, due, n in rows:
        counted = dict.fromkeys(_columns(state, is_due=due), n)
        whole.update(counted)
        people.setdefault((str(who), name), Counter()).update(counted)
        sources.setdefault((source, source_name), Counter()).update(counted)
    return Report(
        all=_row("", whole, wanted),
        people=_rows(people, wanted, "who"),
        sources=_rows(sources, wanted, "source"),
    )


def page(
    viewer: Member, wanted: Wanted, now: datetime, after: str
) -> tuple[list[Meeting], UUID | None]:
    """Give a page of the meetings that a number counts, newest first, and the key of the next one."""
    found = wanted_meetings(viewer, wanted, now)
    after_id = _uuid(after)
    last = Meeting.objects.filter(pk=after_id).first() if after_id else None
    if last is not None:
        found = found.filter(Q(made_at__lt=last.made_at) | Q(made_at=last.made_at, pk__lt=last.pk))
    rows = list(
        found.select_related("organiser", "lead__contact", "lead__source").order_by(
            "-made_at", "-pk"
        )[: PAGE + 1]
    )
    return rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None


def _columns(state: str, *, is_due: bool) -> Iterable[str]:
    yield "invited"
    if state in AGREED:
        yield "agreed"
    if state == State.HELD:
        yield "came"
    if state == State.MISSED:
        yield "missed"
    if is_due:
        yield "untold"


def _rows(counted: dict[tuple[str, str], Counter[str]], wanted: Wanted, part: str) -> list[Row]:
    ranked = sorted(counted.items(), key=lambda item: (-item[1]["invited"], item[0][1]))
    return [_row(name, counts, wanted, **{part: code}) for (code, name), counts in ranked]


def _row(name: str, counts: Counter[str], wanted: Wanted, **part: str) -> Row:
    numbers = [Number(counts[column], wanted.address(state=column, **part)) for column in COLUMNS]
    told = counts["came"] + counts["missed"]
    low, high = (round(100 * end) for end in interval(counts["came"], told))
    share = round(100 * counts["came"] / told) if told else None
    return Row(name, numbers, share, low, high)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
