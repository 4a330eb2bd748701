"""The funnel: how far leads have come, by stage, source, team and channel (INS-1). One statement counts all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Case, Count, Exists, F, OuterRef, SmallIntegerField, Value, When

from clew.access.models import Member
from clew.handoff.models import Placement
from clew.pipeline.filters import HISTORY, Filter
from clew.pipeline.stages import LEFT, OPEN, STAGES, WON
from clew.tally.numbers import (
    Named,
    Number,
    Part,
    by_channel,
    by_source,
    by_team,
    roomy,
    share,
    standing,
)

CLOSED = Placement.Kind.CLOSED.value
LAST = len(STAGES) - 1


@dataclass(frozen=True, slots=True)
class Group:
    """So many leads of one source and team that have come to a stage, and where they stand for which reason."""

    source_id: int
    team_id: int | None
    stage: int
    kind: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One stage. Entered is passed, left and still there; those who pass the last one are won."""

    code: str
    entered: Number
    passed: Number
    left: Number
    staying: Number
    reasons: Sequence[tuple[str, Number]]

    @property
    def share(self) -> int | None:
        """Give how many of a hundred passed, of those entered; nothing where nobody entered."""
        return share(self.passed.count, self.entered.count)


@dataclass(frozen=True, slots=True)
class Line:
    """One source, team or channel: how many came to each stage."""

    name: str
    stages: Sequence[Number]

    @property
    def share(self) -> int | None:
        """Give how many of a hundred were won."""
        return share(self.stages[LAST].count, self.stages[0].count)


@dataclass(frozen=True, slots=True)
class Funnel:
    """Received is won, left, with a person and in a pool. History is counted beside it, never in it."""

    received: Number
    won: Number
    left: Number
    with_person: Number
    in_pool: Number
    steps: Sequence[Step]
    sources: Sequence[Line]
    teams: Sequence[Line]
    channels: Sequence[Line]
    history: Number
    past: Sequence[tuple[str, Number]]

    @property
    def share(self) -> int | None:
        """Give how many of a hundred were won."""
        return share(self.won.count, self.received.count)

    @property
    def is_balanced(self) -> bool:
        """Tell whether every lead stands in exactly one place."""
        ends = (self.won, self.left, self.with_person, self.in_pool)
        return self.received.count == sum(number.count for number in ends)


def funnel(viewer: Member, wanted: Filter, known: Named) -> Funnel:
    """Count the leads of a settled filter that a member may see; two statements, whatever their number."""
    with roomy():
        groups, past = _groups(viewer, wanted), _past(viewer, wanted)
    kinds: Counter[str] = Counter()
    for one in groups:
        kinds[one.kind] += one.count
    won = _sum(g for g in groups if g.stage == LAST)
    history = replace(wanted, place=HISTORY)
    return Funnel(
        received=Number(_sum(groups), wanted),
        won=Number(won, replace(wanted, end=WON)),
        left=Number(kinds[CLOSED] - won, replace(wanted, end=LEFT)),
        with_person=Number(kinds["person"], replace(wanted, place="person")),
        in_pool=Number(kinds["pool"], replace(wanted, place="pool")),
        steps=[_step(number, groups, wanted) for number in range(LAST)],
        sources=_lines(by_source(groups, wanted, known)),
        teams=_lines(by_team(groups, wanted, known)),
        channels=_lines(by_channel(groups, wanted, known)),
        history=Number(sum(past.values()), history),
        past=[(end, Number(n, replace(history, end=end))) for end, n in past.most_common()],
    )


def _groups(viewer: Member, wanted: Filter) -> list[Group]:
    given = Placement.objects.filter(lead=OuterRef("pk"), kind=Placement.Kind.PERSON)
    stage = Case(
        When(here__kind=CLOSED, here__reason=WON, then=Value(4)),
        When(first_contact__answered_at__isnull=False, then=Value(3)),
        When(first_contact__tried_at__isnull=False, then=Value(2)),
        When(here__kind=Placement.Kind.PERSON, then=Value(1)),
        When(Exists(given), then=Value(1)),
        default=Value(0),
        output_field=SmallIntegerField(),
    )
    rows = (
        standing(viewer, wanted)
        .annotate(stage=stage)
        .values_list("source_id", "here__team_id", "stage", "here__kind", "here__reason")
        .annotate(count=Count("pk"))
    )
    return [Group(*row) for row in rows]


def _past(viewer: Member, wanted: Filter) -> Counter[str]:
    """Count the old records of the same time, by how they ended."""
    rows = standing(viewer, replace(wanted, place=HISTORY)).annotate(end=F("here__reason"))
    return Counter(dict(rows.values_list("end").annotate(count=Count("pk"))))


def _step(number: int, groups: Iterable[Group], wanted: Filter) -> Step:
    code = STAGES[number]
    here = [g for g in groups if g.stage == number]
    beyond = [g for g in groups if g.stage > number]
    gone = [g for g in here if g.kind == CLOSED]
    reasons: Counter[str] = Counter()
    for one in gone:
        reasons[one.reason] += one.count
    at = replace(wanted, stage=code)
    return Step(
        code=code,
        entered=Number(_sum(here) + _sum(beyond), replace(wanted, reached=code)),
        passed=Number(_sum(beyond), replace(wanted, reached=STAGES[number + 1])),
        left=Number(_sum(gone), replace(at, end=LEFT)),
        staying=Number(_sum(g for g in here if g.kind != CLOSED), replace(at, end=OPEN)),
        reasons=[(end, Number(n, replace(at, end=end))) for end, n in reasons.most_common()],
    )


def _lines(parts: Iterable[Part[Group]]) -> list[Line]:
    lines = [
        Line(
            part.name,
            [
                Number(
                    _sum(g for g in part.groups if g.stage >= number),
                    replace(part.wanted, reached=code),
                )
                for number, code in enumerate(STAGES)
            ],
        )
        for part in parts
    ]
    return sorted(lines, key=lambda line: (-line.stages[0].count, line.name))


def _sum(groups: Iterable[Group]) -> int:
    return sum(one.count for one in groups)
