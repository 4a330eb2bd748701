"""The funnel: how far leads have come, by stage, source, team and channel (INS-1). One statement counts all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clew.access.models import Member
from clew.pipeline.filters import HISTORY, Filter
from clew.pipeline.stages import LEFT, OPEN, STAGES, WON
from clew.tally.counting import Counted, counted
from clew.tally.numbers import (
    Named,
    Number,
    Part,
    by_channel,
    by_source,
    by_team,
    share,
)

LAST = len(STAGES) - 1


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
    """Count the leads of a settled filter that a member may see."""
    found = counted(viewer, wanted, known)
    groups = [g for g in found if g.is_history == (wanted.place == HISTORY)]
    kinds = _counter((g.kind, g.count) for g in groups)
    past = _counter((g.reason, g.count) for g in found if g.is_history)
    won = _sum(g for g in groups if g.stage == LAST)
    history = replace(wanted, place=HISTORY)
    return Funnel(
        received=Number(_sum(groups), wanted),
        won=Number(won, replace(wanted, end=WON)),
        left=Number(kinds["closed"] - won, replace(wanted, end=LEFT)),
        with_person=Number(kinds["person"], replace(wanted, place="person")),
        in_pool=Number(kinds["pool"], replace(wanted, place="pool")),
        steps=[_step(number, groups, wanted) for number in range(LAST)],
        sources=_lines(by_source(groups, wanted, known)),
        teams=_lines(by_team(groups, wanted, known)),
        channels=_lines(by_channel(groups, wanted, known)),
        history=Number(sum(past.values()), history),
        past=[(end, Number(n, replace(history, end=end))) for end, n in past.most_common()],
    )


def _step(number: int, groups: Iterable[Counted], wanted: Filter) -> Step:
    code = STAGES[number]
    here = [g for g in groups if g.stage == number]
    beyond = [g for g in groups if g.stage > number]
    gone = [g for g in here if g.is_closed]
    reasons = _counter((g.reason, g.count) for g in gone)
    at = replace(wanted, stage=code)
    return Step(
        code=code,
        entered=Number(_sum(here) + _sum(beyond), replace(wanted, reached=code)),
        passed=Number(_sum(beyond), replace(wanted, reached=STAGES[number + 1])),
        left=Number(_sum(gone), replace(at, end=LEFT)),
        staying=Number(_sum(g for g in here if not g.is_closed), replace(at, end=OPEN)),
        reasons=[(end, Number(n, replace(at, end=end))) for end, n in reasons.most_common()],
    )


def _lines(parts: Iterable[Part[Counted]]) -> list[Line]:
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


def _counter(counts: Iterable[tuple[str | None, int]]) -> Counter[str]:
    added: Counter[str] = Counter()
    for what, count in counts:
        added[what or ""] += count
    return added


def _sum(groups: Iterable[Counted]) -> int:
    return sum(one.count for one in groups)
