"""What a version of a play has come to: reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clew.pipeline.plays.models import Play, Version
from clew.pipeline.plays.rules import Outcome, Tally, tally

PROMPT = timedelta(days=1)  # a step done within it was done as planned

# One letter for each lead whose days are over, in the order in which they began: capital where it got further,
# P or H by what chance gave it. It got further if it came into a stage behind the one in which the play began.
OUTCOMES = """
select coalesce(string_agg(case when r.is_held_back then case when f.ok then 'H' else 'h' end
  else case when f.ok then 'P' else 'p' end end, '' order by r.started_at, r.id), '')
from plays_run r
join moves_stage g on g.id = r.stage_id
cross join lateral (select exists (
  select from moves_stay y join moves_stage t on t.id = y.stage_id
  where y.lead_id = r.lead_id and t.pipeline_id = g.pipeline_id and t.position > g.position
    and y.entered_at > r.started_at and y.entered_at <= r.started_at + %(window)s) as ok) f
where r.version_id = %(version)s and r.held_back_percent > 0 and r.started_at <= %(until)s
"""
COUNTS = """
select count(*) filter (where not is_held_back), count(*) filter (where is_held_back),
  count(*) filter (where not is_held_back and ended_at is null),
  count(*) filter (where held_back_percent > 0 and started_at > %(until)s)
from plays_run where version_id = %(version)s
"""
# A step counts once its day is over, whether it was done or not; none that nobody could do any more, because the
# play ended within it. What was done has cost something at once.
DEEDS = """
select count(*) filter (where f.has_had_its_day),
  count(*) filter (where f.has_had_its_day and d.met_at <= d.at + %(prompt)s),
  count(*) filter (where d.met_at is not null),
  coalesce(sum(d.cost_minor) filter (where d.met_at is not null), 0)::bigint
from plays_deed d join plays_run r on r.id = d.run_id
cross join lateral (select d.at <= %(late)s and
  (d.met_at is not null or r.ended_at is null or r.ended_at > d.at + %(prompt)s) as has_had_its_day) f
where r.version_id = %(version)s
"""
WHYS = """
select why, count(*) from plays_run where version_id = %(version)s and not is_held_back and ended_at is not null
group by why order by count(*) desc, why
"""


@dataclass(frozen=True, slots=True)
class Adherence:
    """How many steps have had their day, were done within it, done at all, and what those cost in cents."""

    due: int
    prompt: int
    met: int
    cost_minor: int

    @property
    def share(self) -> float:
        """The share done as planned."""
        return self.prompt / self.due if self.due else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A version so far: its tally, how many leads began either way, go on, or do not count yet."""

    version: Version
    tally: Tally
    played: int
    held_back: int
    going_on: int
    not_yet: int
    adherence: Adherence
    whys: list[tuple[str, int]]

    @property
    def cost_of_one_minor(self) -> int:
        """What the steps cost per played lead, in cents."""
        return self.adherence.cost_minor // self.played if self.played else 0


def measure(version: Version, now: datetime) -> Measured:
    """Count a version. Only leads whose days are over count, whatever the others have come to by now."""
    window = timedelta(days=version.window_days)
    given: dict[str, Any] = {
        "version": version.pk,
        "window": window,
        "until": now - window,
        "prompt": PROMPT,
        "late": now - PROMPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES, given)
        (letters,) = cursor.fetchone()
        cursor.execute(COUNTS, given)
        played, held_back, going_on, not_yet = cursor.fetchone()
        cursor.execute(DEEDS, given)
        adherence = Adherence(*cursor.fetchone())
        cursor.execute(WHYS, given)
        whys = cursor.fetchall()
    outcomes = (Outcome(letter in "Hh", letter in "HP") for letter in letters)
    counted = tally(outcomes, percent=version.held_back_percent)
    return Measured(version, counted, played, held_back, going_on, not_yet, adherence, whys)


@dataclass(frozen=True, slots=True)
class MeasuredLift:
    """A lift that is beyond doubt: of a stage, for who is in it or for who left from it, as a part of 1."""

    stage_id: int
    begins: str
    lift: float


def measured_lifts(now: datetime) -> list[MeasuredLift]:
    """Give what the plays in force add to those who get further, where their bounds leave no doubt; best first."""
    in_force = Play.objects.filter(state__in=[Play.State.RUNNING, Play.State.PROMOTED])
    versions = Version.objects.filter(play__in=in_force).select_related("play")
    shown = [
        MeasuredLift(version.play.stage_id, version.play.begins, found.tally.difference)
        for version in versions.order_by("play", "number")
        if (found := measure(version, now)).tally.interval().is_positive
    ]
    return sorted(shown, key=lambda one: -one.lift)
