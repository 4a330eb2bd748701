"""What must hold whenever all is at rest: the journals and the database agree, and so do its tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.crash import deeds
from tests.crash.journals import lines

LOST, DOUBLED, BROKEN = "lost", "doubled", "broken"

# each gives the rows that should not be there
INVARIANTS: dict[str, LiteralString] = {
    "submissions that are not just one of lead, repeat or undone": """
        select s.id from capture_submission s
        left join contacts_lead l on l.id = s.id
        left join contacts_repeat r on r.submission_id = s.id
        left join capture_undone u on u.submission_id = s.id
        where num_nonnulls(l.id, r.submission_id, u.submission_id) <> 1""",
    "failures": "select submission_id from capture_failure",
    "submissions that still wait": "select submission_id from capture_waiting",
    "facts that nobody followed": "select entry_id from base_outbox",
    "facts that were followed not just once": """
        select e.id from base_entry e left join base_followed f on f.entry_id = e.id
        where e.name in ('LeadAssigned', 'LeadPooled', 'LeadClosed', 'LeadReopened', 'CallLogged')
        group by e.id having count(f.id) = 0 or count(f.id) <> count(distinct f.follower)""",
    "leads without exactly one open placement": """
        select l.id from contacts_lead l
        left join handoff_placement p on p.lead_id = l.id and p.closed_at is null
        group by l.id having count(p.id) <> 1""",
    "leads that were opened twice or never": """
        select l.id from contacts_lead l
        left join base_entry e on e.subject = l.id and e.name = 'LeadOpened'
        group by l.id having count(e.id) <> 1""",
    "leads that have ended and are open, or the other way round": """
        select l.id from contacts_lead l
        join handoff_placement p on p.lead_id = l.id and p.closed_at is null
        where (l.ended_at is null) = (p.kind = 'closed')""",
    "submission counts that miss a repeat": """
        select l.id from contacts_lead l left join contacts_repeat r on r.lead_id = l.id
        group by l.id having count(r.submission_id) + 1 <> l.submission_count""",
    "leads that wait for a first call without a clock": """
        select p.lead_id from handoff_placement p
        left join pipeline_clock c on c.lead_id = p.lead_id and c.stopped_at is null
        where p.closed_at is null and p.kind = 'person' and c.id is null
          and not exists (select from pipeline_call k where k.lead_id = p.lead_id)""",
    "clocks and next steps of leads that nobody holds": """
        select p.lead_id from handoff_placement p
        left join pipeline_clock c on c.lead_id = p.lead_id and c.stopped_at is null
        left join pipeline_task t on t.lead_id = p.lead_id and t.done_at is null
        where p.closed_at is null and p.kind <> 'person' and num_nonnulls(c.id, t.id) > 0""",
    "clocks that began after the call that they wait for": """
        select c.lead_id from pipeline_clock c
        join handoff_placement p on p.lead_id = c.lead_id and p.closed_at is null
        join pipeline_call k on k.lead_id = c.lead_id and k.at between p.opened_at and c.started_at
        where c.stopped_at is null and not exists (
          select from base_entry e where e.subject = c.lead_id and e.name = 'LeadStrengthened'
            and e.at = c.started_at)
          and not exists (select from pipeline_task t where t.lead_id = c.lead_id
            and t.passed_at is not null and t.due_at = c.started_at)""",
    "teams whose credits do not sum to zero": """
        select team_id from handoff_seat group by team_id having sum(credit) <> 0""",
    "seats whose open count is wrong": """
        select s.id from handoff_seat s
        left join handoff_placement p on p.seat_id = s.id and p.closed_at is null
        group by s.id having count(p.id) <> s.open_count""",
    "seats that hold more than they may": """
        select id from handoff_seat where open_count > capacity""",
    "rounds that gave a seat more than it may hold": """
        select p.round_id from handoff_placement p
        join handoff_round r on r.id = p.round_id
        cross join jsonb_array_elements(r.seats) s
        where p.seat_id = (s ->> 0)::bigint
        group by p.round_id, p.seat_id, s having count(*) + (s ->> 4)::int > (s ->> 3)::int""",
    "claims that the ledger has not just once": """
        select p.lead_id from handoff_placement p
        left join base_entry e on e.subject = p.lead_id and e.name = 'LeadAssigned'
          and e.data ->> 'reason' = 'claimed' and (e.data ->> 'seat_id')::bigint = p.seat_id
        where p.reason = 'claimed' group by p.id, p.lead_id having count(e.id) <> 1""",
    "calls that the ledger has not just once": """
        select k.id from pipeline_call k
        left join base_entry e on e.subject = k.lead_id and e.name = 'CallLogged'
          and (e.data ->> 'call_id')::uuid = k.id
        group by k.id having count(e.id) <> 1""",
}
LEFT = """select (select count(*) from capture_waiting) + (select count(*) from base_outbox)"""
IDS = "select id::text from capture_submission"
SAFE = """
    select name, setting from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting <> 'on'"""


@dataclass(frozen=True)
class Fault:
    """Something that should not be there: of what kind, how often, and one of them."""

    kind: str
    name: str
    count: int
    example: Any

    def __str__(self) -> str:
        return f"{self.count} {self.name}, such as {self.example}"


def left_to_do(url: str) -> int:
    """How much the worker has not handled yet."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(LEFT).fetchone()
        return int(row[0]) if row else 0


def careless(url: str) -> list[str]:
    """Tell which setting would let the server forget what it acknowledged."""
    with psycopg.connect(url, autocommit=True) as connection:
        return [f"not safe: {name} is {value}" for name, value in connection.execute(SAFE)]


def audit(url: str, senders: Iterable[Path], people: Mapping[str, Path]) -> list[Fault]:
    """Compare the journals of senders, and of people by username, with the database."""
    ids = [id_ for journal in senders for _, ids in lines(journal) for id_ in ids]
    acknowledged = set(ids)
    if len(ids) != len(acknowledged):
        raise AssertionError("two leads were given one id")
    done = {name: deeds.read(journal) for name, journal in people.items()}
    with psycopg.connect(url, autocommit=True) as connection:
        stored = {str(row[0]) for row in connection.execute(IDS)}
        seen = deeds.stored(connection)
        found = [
            (LOST, "leads acknowledged and lost", acknowledged - stored),
            (DOUBLED, "leads stored and never acknowledged", stored - acknowledged),
            (LOST, "deeds acknowledged and lost", deeds.lost(done, seen)),
            (DOUBLED, "deeds done twice, or by nobody", deeds.doubled(done, seen)),
            (DOUBLED, "leads that several were told are theirs", deeds.contested(done)),
            *(
                (BROKEN, name, connection.execute(sql).fetchall())
                for name, sql in INVARIANTS.items()
            ),
        ]
    return [Fault(kind, name, len(rows), min(rows)) for kind, name, rows in found if rows]
