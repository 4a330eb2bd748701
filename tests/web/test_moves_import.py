"""A log of another system becomes history with moves, and what the reports say of it is what one counts by hand."""

import csv
import gzip
import io
import itertools
import json
import os
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clew.access.models import Member
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.filters import Filter
from clew.pipeline.matching import matching
from clew.pipeline.models import FirstContact
from clew.pipeline.moves.course import course
from clew.pipeline.moves.logs import Happened, travel
from clew.pipeline.moves.models import Exit, Pipeline, Stage, Stay
from clew.pipeline.moves.rules import Step
from clew.tally import speed as timing
from clew.tally.numbers import named
from clew.tally.passages import passages
from clew.web import import_command, moves_import
from tests import company as companies

pytestmark = pytest.mark.django_db
BPI = Path(os.environ.get("CLEW_TEST_DATA", "../shared/data")) / "bpi2012"
LOG = """case_id,activity,lifecycle,timestamp
7,asked,,2026-01-05T09:00:00+08:00
8,asked,,2026-01-05T09:00:00+08:00
7,call,start,2026-01-05T09:30:00+08:00
7,call,complete,2026-01-05T09:40:00+08:00
7,报价,,2026-01-06T10:00:00+08:00
7,Consultation,,2026-01-07T10:00:00+08:00
7,won,,2026-01-08T10:00:00+08:00
7,报价,,2026-01-09T10:00:00+08:00
8,gone,,2026-01-05T11:00:00+08:00
9,coffee,,2026-01-05T11:00:00+08:00
"""
MEANT = ("--stage", "call/start=icebreaking", "--stage", "gone=lost_price")


def bring(path: Path, *words: str) -> None:
    assert import_command.main([str(path), "--source", "old", "--moves", "--json", *words]) == 0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LOG, encoding="utf-8")
    companies.found()
    return path


def way(external_id: str) -> list[tuple[str, str, str]]:
    stays = Stay.objects.filter(lead__submission__external_id=external_id)
    found = stays.select_related("stage").order_by("number")
    return [(s.stage.key, s.how, s.outcome) for s in found]


def test_each_case_becomes_a_lead_of_history_with_its_moves(log: Path) -> None:
    bring(log, *MEANT)
    assert way("7") == [
        ("asked", "entered", "onward"),
        ("icebreaking", "forward", "onward"),
        ("offer", "skipped", "back"),
        ("consultation", "back", "onward"),
        ("payment", "skipped", ""),
    ]
    assert way("8") == [("asked", "entered", "left")]
    assert way("9") == [("asked", "entered", "aside")]
    assert Exit.objects.get().end == "lost_price"
    assert set(Lead.objects.values_list("is_history", flat=True)) == {True}
    first = FirstContact.objects.get()
    assert (first.tried_seconds, first.answered_seconds) == (1800, 25 * 3600)
    ended = Placement.objects.filter(closed_at=None).order_by("reason")
    assert list(ended.values_list("reason", flat=True)) == ["history", "lost", "won"]
    won = Lead.objects.get(submission__external_id="7")
    drawn = course(won.pk, Placement.objects.get(lead=won, closed_at=None), datetime.now(UTC))
    assert drawn is not None
    assert [stop.state for stop in drawn.stops][-1] == "now"


def test_brought_in_again_a_log_doubles_nothing_and_keeps_what_was_cut_off(log: Path) -> None:
    bring(log, *MEANT)
    whole = Stay.objects.count()
    bring(log, *MEANT)
    assert Stay.objects.count() == whole
    gone = Lead.objects.get(submission__external_id="7")
    Stay.objects.filter(lead=gone).delete()
    FirstContact.objects.filter(lead=gone).delete()
    bring(log, *MEANT)
    assert Stay.objects.count() == whole
    assert Lead.objects.count() == 3


def test_taken_back_a_log_leaves_nothing(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring(log, *MEANT)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    import_command.main(["--undo", told["import"], "--json"])
    assert not Stay.objects.exists()
    assert not Exit.objects.exists()
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("text", "words", "wrong"),
    [
        ("a,b\n1,2\n", (), moves_import.LogColumnsMissing),
        ("case_id,activity,timestamp\n1,asked,yesterday\n", (), moves_import.LogTimeUnreadable),
        (
            "case_id,activity,timestamp\n1,asked,2026-01-05 09:00\n",
            (),
            moves_import.LogTimeUnreadable,
        ),
        (
            "case_id,activity,timestamp\n1,tea,2026-01-05T09:00:00Z\n",
            (),
            moves_import.NothingMapped,
        ),
        (
            "case_id,activity,timestamp\n1,asked,2026-01-05T09:00:00Z\n ,asked,2026-01-05T09:00:00Z\n",
            (),
            moves_import.LogCaseMissing,
        ),
        (
            "case_id,activity,timestamp\n1," + "x" * 200_000 + ",2026-01-05T09:00:00Z\n",
            (),
            moves_import.LogUnreadable,
        ),
        (LOG, ("--stage", "call=moon"), moves_import.StageUnknown),
        (LOG, ("--stage", "call"), moves_import.StageUnknown),
    ],
    ids=["columns", "time", "no zone", "nothing", "no case", "too long", "no stage", "no pair"],
)
def test_a_log_that_cannot_be_read_says_why_and_brings_in_nothing(
    log: Path, text: str, words: tuple[str, ...], wrong: type[Exception]
) -> None:
    log.write_text(text, encoding="utf-8")
    with pytest.raises(wrong):
        bring(log, *words)
    assert not Lead.objects.exists()


def test_events_of_one_moment_keep_the_order_of_the_file_and_nothing_follows_an_end() -> None:
    steps = [Step(1, 1), Step(2, 2, "tried"), Step(3, 3, "won")]
    at = datetime(2026, 1, 5, tzinfo=UTC)
    found = travel(at, [Happened(at, 2), Happened(at, 1), Happened(at, None, "won")], steps)
    assert [(s.stage, s.how) for s in found.stays] == [(2, "entered"), (1, "back"), (3, "skipped")]
    late = travel(at, [Happened(at, None, "lost"), Happened(at + timedelta(days=1), 2)], steps)
    assert [(s.stage, s.outcome) for s in late.stays] == [(1, "left")]
    assert late.ended_at == at


MEANINGS = {
    "A_SUBMITTED": "asked",
    "W_Afhandelen leads/START": "icebreaking",
    "W_Completeren aanvraag/START": "consultation",
    "O_SENT": "offer",
    "W_Nabellen offertes/START": "comparison",
    "O_SENT_BACK": "deliberation",
    "W_Valideren aanvraag/START": "contract",
    "A_ACTIVATED": "won",
    "A_DECLINED": "lost_need",
    "A_CANCELLED": "lost_silent",
}
ORDER = [
    *("asked", "icebreaking", "consultation", "offer", "comparison", "meeting", "deliberation"),
    *("contract", "payment"),
]


def recount(file: Path) -> tuple[dict[str, list[str]], dict[str, str], dict[str, list[datetime]]]:
    """Go through the log by hand: the stages of each case in order, its end, and when it came into each."""
    events: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)
    begun: dict[str, datetime] = {}
    with gzip.open(file) as packed:
        for n, line in enumerate(csv.DictReader(io.TextIOWrapper(packed, "utf-8"))):
            at, case = datetime.fromisoformat(line["timestamp"]), line["case_id"]
            begun[case] = min(begun.get(case, at), at)
            name = line["activity"]
            code = MEANINGS.get(f"{name}/{line['lifecycle']}") or MEANINGS.get(name)
            if code:
                events[case].append((at, n, code))
    went: dict[str, list[str]] = {}
    ends: dict[str, str] = {}
    times: dict[str, list[datetime]] = {}
    for case, begin in begun.items():
        went[case], times[case] = ["asked"], [begin]
        for at, _n, code in sorted(events[case]):
            if code.startswith("lost") or code == "won":
                ends[case] = code
                if code == "won":
                    went[case].append("payment")
                    times[case].append(at)
                break
            if code != went[case][-1]:
                went[case].append(code)
                times[case].append(at)
    return went, ends, times


@pytest.mark.slow
@pytest.mark.skipif(not BPI.is_dir(), reason="no bpi2012 in CLEW_TEST_DATA")
def test_funnel_path_and_speed_of_a_real_funnel_agree_with_a_plain_recount() -> None:
    company = companies.found()
    file = next(BPI.glob("*.csv.gz"))
    bring(file, *(word for pair in MEANINGS.items() for word in ("--stage", "=".join(pair))))
    went, ends, times = recount(file)
    assert Lead.objects.count() == len(went)
    old = Filter(place="history")
    boss: Member = company.administrator
    found = passages(boss, old, Pipeline.objects.get(side="online"))
    told = {one.stage.key: one for one in found.stages}
    entered = Counter(stage for path in went.values() for stage in set(path))
    furthest = Counter(max(ORDER.index(stage) for stage in path) for path in went.values())
    left = Counter(path[-1] for case, path in went.items() if ends.get(case, "").startswith("lost"))
    for n, key in enumerate(ORDER):
        assert told[key].entered.count == entered[key], key
        assert told[key].left.count == left[key], key
        assert told[key].reached == sum(count for far, count in furthest.items() if far >= n), key
        assert told[key].staying.count == 0
    names = {one.pk: one.key for one in Stage.objects.all()}
    pairs = Counter(pair for path in went.values() for pair in itertools.pairwise(path))
    assert {(names[a], names[b]): n for (a, b), n in found.went.items()} == dict(pairs)
    assert (found.money.won, Exit.objects.count()) == (
        sum(end == "won" for end in ends.values()),
        sum(left.values()),
    )
    bands = Counter(_band(times[case], went[case]) for case in went)
    report = timing.speed(boss, old, named(boss), "tried", "clock")
    assert {row.code: row.number.count for row in report.rows} == {
        code: bands[code] for code in timing.CODES
    }
    for row in report.rows:
        listed = matching(visible_leads(boss), row.number.wanted)
        assert listed.count() == row.number.count


def _band(times: list[datetime], path: list[str]) -> str:
    """Say in which band the first attempt lies: when the case first came behind the first stage."""
    tried = next((at for at, key in zip(times, path, strict=True) if key != "asked"), None)
    if tried is None:
        return "never"
    seconds = (tried - times[0]).total_seconds()
    limits = {"5m": 300, "1h": 3600, "24h": 86400}
    return next((code for code, limit in limits.items() if seconds <= limit), "later")


PACKED = gzip.compress(LOG.encode() * 50)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", LOG.encode("gb18030")),
        ("log.csv.gz", LOG.encode()),
        ("log.csv.gz", PACKED[: len(PACKED) // 2]),
        ("log.csv.gz", PACKED[:12] + bytes(60)),
    ],
    ids=["other letters", "not packed", "cut off", "damaged"],
)
def test_a_file_that_is_no_log_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    companies.found()
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(moves_import.LogUnreadable) as refused:
        bring(path, *MEANT)
    assert refused.value.details == {"file": name}
    assert not Lead.objects.exists()


def test_a_line_without_a_case_is_named(log: Path) -> None:
    log.write_text(LOG + ",asked,,2026-01-05T11:00:00+08:00\n", encoding="utf-8")
    with pytest.raises(moves_import.LogCaseMissing) as refused:
        bring(log, *MEANT)
    assert refused.value.details == {"line": 12}
