"""`clew bench claim`: many people claim the same leads at the same time, and what each was told is checked.

Everybody goes through all leads of one pool in the same order, so that all reach for each lead at once. The
history of what was asked and told, with its times, is held against the database at the end.
"""

import argparse
import json
import multiprocessing
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection

from clew.access.models import Member, Role, Team
from clew.errors import ClewError
from clew.handoff.actions.leads import claim
from clew.handoff.actions.methods import Taking, set_method
from clew.handoff.actions.seats import join
from clew.handoff.models import Method, Placement, Seat
from clew.handoff.queries import claimable_lead
from clew.web.bench import belt, company
from clew.web.terminal import say

LEADS, QUICK_LEADS = 1_000, 100
CLAIMERS, PROCESSES = 50, 4
ROOM = 1.2  # places of all claimers, for each lead
SEED = 3
WON, TAKEN, FULL = "won", "lead_taken", "capacity_reached"
MS = 1_000


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody asked for and was told, with the times of both; `by`: who has it, where it is told."""

    lead_id: UUID
    member_id: int
    began: float
    ended: float
    answer: str
    by: int | None = None


def main() -> None:
    """Measure and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    company.sources()
    leads = QUICK_LEADS if options.quick else LEADS
    say(json.dumps(measure(leads=leads, claimers=CLAIMERS, processes=PROCESSES)))


def measure(*, leads: int, claimers: int, processes: int) -> dict[str, float]:
    """Let all claim everything, and count what does not fit together."""
    team = Team.objects.get(method__side=Method.Side.ONLINE)
    people = _people(team, claimers, capacity=round(ROOM * leads / claimers) or 1)
    pooled = _pooled(team, leads)
    began = time.perf_counter()
    history = _race(pooled, people, processes)
    seconds = time.perf_counter() - began
    stands = Placement.objects.filter(lead__in=pooled, closed_at=None, seat__isnull=False)
    holders = dict(stands.values_list("lead_id", "seat__member_id"))
    seats = Seat.objects.filter(member__in=people)
    rooms = {seat.member_id: (seat.open_count, seat.capacity) for seat in seats}
    lost = sorted(t.ended - t.began for t in history if t.answer == TAKEN)
    return {
        "claim_leads": leads,
        "claim_claimers": claimers,
        "claim_processes": processes,
        "claim_asked": len(history),
        "claim_anomalies": len(anomalies(history, pooled, holders, rooms)),
        "claim_lost_p95_ms": round(MS * lost[len(lost) * 95 // 100]) if lost else 0,
        "claim_lost_most_ms": round(MS * lost[-1]) if lost else 0,
        "claim_per_s": round(len(history) / seconds),
    }


def anomalies(
    history: Iterable[Told],
    leads: Sequence[UUID],
    holders: Mapping[UUID, int],
    rooms: Mapping[int, tuple[int, int]],
) -> list[str]:
    """Give what does not fit: a lead won twice or by another than has it, a loser told wrong or too early, room
    that was overdrawn, an answer that none should get. `rooms`: what each holds, and may.
    """
    found: list[str] = []
    by_lead: dict[UUID, list[Told]] = defaultdict(list)
    for told in history:
        by_lead[told.lead_id].append(told)
        if told.answer not in {WON, TAKEN, FULL}:
            found.append(f"{told.lead_id}: {told.answer}")
    for lead_id in leads:
        found += _of_lead(lead_id, by_lead[lead_id], holders.get(lead_id))
    wins = Counter(t.member_id for told in by_lead.values() for t in told if t.answer == WON)
    for member_id, (held, capacity) in rooms.items():
        if held != wins[member_id] or held > capacity:
            found.append(f"member {member_id} holds {held} of {capacity}, won {wins[member_id]}")
    return found


def _of_lead(lead_id: UUID, told: Sequence[Told], holder: int | None) -> list[str]:
    wins = [t for t in told if t.answer == WON]
    if len(wins) != (holder is not None):
        return [f"{lead_id}: won {len(wins)} times, held by {holder}"]
    found = []
    for won in wins:
        if won.member_id != holder:
            found.append(f"{lead_id}: won by {won.member_id}, held by {holder}")
    for t in told:
        if t.answer == TAKEN and (t.by != holder or not wins or t.ended < wins[0].began):
            found.append(f"{lead_id}: {t.member_id} was told of {t.by} before there was a winner")
        if t.answer == FULL and wins and t.began > wins[0].ended:
            found.append(f"{lead_id}: {t.member_id} was told to be full of what was gone")
    return found


def _people(team: Team, count: int, *, capacity: int) -> list[int]:
    now, made = datetime.now(UTC), []
    for number in range(count):
        member = Member.objects.create(
            organisation=team.organisation,
            username=f"claimer{number}",
            name=f"claimer{number}",
            role=Role.SALESPERSON,
            joined_at=now,
            password=UNUSABLE_PASSWORD_PREFIX,
        )
        join(team.pk, member.pk, weight=0, capacity=capacity, actor=company.BENCH, now=now)
        made.append(member.pk)
    return made


def _pooled(team: Team, count: int) -> list[UUID]:
    """Let leads come in that all go to the team's pool."""
    method = Method.objects.get(team=team)
    taking = Taking("online", method.calendar_id, high="pool", medium="pool", low="pool")
    set_method(team.pk, taking, actor=company.BENCH, now=datetime.now(UTC))
    sources = company.sources()
    stands = Placement.objects.filter(team=team, kind=Placement.Kind.POOL, closed_at=None)
    seed = SEED
    while (missing := count - stands.count()) > 0:
        belt.measure(sources, leads=2 * missing, contacts=10**9, workers=1, seed=seed)
        seed += 1
    return list(stands.order_by("pk").values_list("lead_id", flat=True)[:count])


def _race(leads: list[UUID], people: list[int], processes: int) -> list[Told]:
    fork = multiprocessing.get_context("fork")
    go, done = fork.Barrier(len(people)), fork.Queue()
    order = list(leads)
    random.Random(SEED).shuffle(order)  # noqa: S311  the same order for all
    connection.close()  # the crew must not share it
    crew = [
        fork.Process(target=_crew, args=(order, people[number::processes], go, done))
        for number in range(processes)
    ]
    for process in crew:
        process.start()
    history = [told for _ in crew for told in done.get()]
    for process in crew:
        process.join()
    return history


def _crew(order: list[UUID], people: list[int], go: Any, done: Any) -> None:
    history: list[Told] = []
    threads = [
        threading.Thread(target=_claim_all, args=(order, one, go, history)) for one in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.put(history)


def _claim_all(order: list[UUID], member_id: int, go: Any, history: list[Told]) -> None:
    member = Member.objects.get(pk=member_id)
    go.wait()
    for lead_id in order:
        began = time.time()
        answer, by = _ask(member, lead_id)
        history.append(Told(lead_id, member_id, began, time.time(), answer, by))
    connection.close()


def _ask(member: Member, lead_id: UUID) -> tuple[str, int | None]:
    """Claim as the page does, and give what was told."""
    try:
        claim(claimable_lead(member, lead_id), member=member, now=datetime.now(UTC))
    except ClewError as refused:
        by = refused.details.get("member_id")
        return refused.code, by if isinstance(by, int) else None
    return WON, None
