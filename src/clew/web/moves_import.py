"""`clew import LOG --moves`: a log of another system becomes history with the moves of each lead.

The log has one line for each thing that happened: whose (case), what (activity) and when. What an activity means
is said by `--stage ACTIVITY=STAGE`; each case becomes one row of history, by the same import as any file.
"""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from clew.capture.models import Source, Submission
from clew.errors import Invalid
from clew.pipeline.actions.leads import ENDS
from clew.pipeline.moves.actions.history import record
from clew.pipeline.moves.logs import LOST, WON, Happened, Travelled, travel
from clew.pipeline.moves.models import Pipeline, Stage
from clew.pipeline.moves.queries import stages_of, step

CASES = ("case_id", "case", "external_id", "lead", "案例", "线索", "编号")
ACTIVITIES = ("activity", "event", "stage", "活动", "事件", "阶段")
TIMES = ("timestamp", "time", "at", "时间")
LIFECYCLES = ("lifecycle", "transition")
END_WORDS = {WON, LOST, *ENDS}
COLUMNS = ("external_id", "occurred_at", "result", "ended_at", "reason")
PORTION = 1_000
BROKEN = (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error, csv.Error)


class LogColumnsMissing(Invalid):
    """A log needs a column of cases (case_id), of activities (activity) and of times (timestamp)."""

    code = "log_columns_missing"


class LogUnreadable(Invalid):
    """This log cannot be read: it is CSV in UTF-8, plain or packed whole by gzip as .csv.gz."""

    code = "log_unreadable"


class LogCaseMissing(Invalid):
    """Each line of a log says whose it is: the column of cases is empty in this one."""

    code = "log_case_missing"


class LogTimeUnreadable(Invalid):
    """Times of a log are written as in 2011-10-01T00:38:44+02:00, with their zone."""

    code = "log_time_unreadable"


class StageUnknown(Invalid):
    """--stage takes ACTIVITY=STAGE, with a stage's key or name, won, or how it ended lost."""

    code = "stage_unknown"


class NothingMapped(Invalid):
    """No activity of this log is known as a stage. Say what they mean by --stage ACTIVITY=STAGE."""

    code = "nothing_mapped"


@dataclass(slots=True)
class Case:
    """One lead of the log: since when, and what happened to it, in the order of the file."""

    opened_at: datetime
    log: list[Happened] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Log:
    """All cases, how each went, and how often an activity that means nothing here was left out."""

    ways: Mapping[str, Travelled]
    opened: Mapping[str, datetime]
    left_out: Mapping[str, int]


def read_log(path: Path, pairs: Sequence[str], *, is_online: bool) -> Log:
    """Read a log, plain or packed by gzip. Raises the errors of this module."""
    side = Pipeline.Side.ONLINE if is_online else Pipeline.Side.OFFLINE
    stages = stages_of(Pipeline.objects.get(side=side).pk)
    meant = _meant(pairs, stages)
    cases: dict[str, Case] = {}
    left_out: Counter[str] = Counter()
    for case_id, activity, lifecycle, at in _lines(path):
        case = cases.setdefault(case_id, Case(at))
        case.opened_at = min(case.opened_at, at)
        told = meant.get(f"{activity}/{lifecycle}") or meant.get(activity)
        if told is None:
            left_out[activity] += 1
        else:
            stage, end = told
            case.log.append(Happened(at, stage, end))
    if cases and not any(case.log for case in cases.values()):
        raise NothingMapped(activities=sorted(left_out)[:20])
    steps = [step(stage) for stage in stages]
    return Log(
        {key: travel(case.opened_at, case.log, steps) for key, case in cases.items()},
        {key: case.opened_at for key, case in cases.items()},
        left_out,
    )


def write_cases(log: Log, path: Path) -> None:
    """Write a row of history for each case, under the names of the fields themselves."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for case_id, way in log.ways.items():
            result = {"": "", WON: WON}.get(way.end, LOST)
            row = (case_id, log.opened[case_id], result, way.ended_at, way.end)
            writer.writerow([one.isoformat() if isinstance(one, datetime) else one for one in row])


def keep_ways(log: Log, source: Source) -> int:
    """Keep the ways of all cases that are leads of a source by now. Returns of how many leads that was new."""
    kept = 0
    keys = list(log.ways)
    for start in range(0, len(keys), PORTION):
        found = Submission.objects.filter(
            source=source, external_id__in=keys[start : start + PORTION]
        )
        ids: dict[UUID, str] = {
            pk: key for pk, key in found.values_list("pk", "external_id") if key
        }
        kept += record(
            {pk: log.ways[key] for pk, key in ids.items()},
            {pk: log.opened[key] for pk, key in ids.items()},
        )
    return kept


def _lines(path: Path) -> Iterator[tuple[str, str, str, datetime]]:
    try:
        yield from _told(path)
    except BROKEN as broken:
        raise LogUnreadable(file=path.name) from broken


def _told(path: Path) -> Iterator[tuple[str, str, str, datetime]]:
    with _opened(path) as text:
        lines = csv.DictReader(text)
        heads = {name.strip().lower(): name for name in lines.fieldnames or ()}
        case, activity, time = (_head(heads, names) for names in (CASES, ACTIVITIES, TIMES))
        if not (case and activity and time):
            raise LogColumnsMissing(columns=sorted(heads))
        lifecycle = _head(heads, LIFECYCLES)
        for number, line in enumerate(lines, 2):
            case_id = (line[case] or "").strip()
            if not case_id:
                raise LogCaseMissing(line=number)
            yield (
                case_id,
                (line[activity] or "").strip(),
                (line[lifecycle] or "").strip() if lifecycle else "",
                _moment(line[time], number),
            )


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _head(heads: Mapping[str, str], names: Sequence[str]) -> str:
    return next((heads[name] for name in names if name in heads), "")


def _moment(text: str, number: int) -> datetime:
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError as wrong:
        raise LogTimeUnreadable(line=number, given=text) from wrong
    if at.tzinfo is None:
        raise LogTimeUnreadable(line=number, given=text)
    return at


def _meant(pairs: Sequence[str], stages: Sequence[Stage]) -> dict[str, tuple[int | None, str]]:
    """Say what each activity means: a stage by its key or a name, won, or an end. Raises StageUnknown."""
    known = {text: one for one in stages for text in (one.key, one.name_zh, one.name_en)}
    meant: dict[str, tuple[int | None, str]] = {text: (one.pk, "") for text, one in known.items()}
    meant |= {end: (None, end) for end in END_WORDS}
    for pair in pairs:
        activity, _equals, target = pair.rpartition("=")
        if not activity or target not in meant:
            raise StageUnknown(given=pair, stages=[one.key for one in stages])
        meant[activity] = meant[target]
    return meant
