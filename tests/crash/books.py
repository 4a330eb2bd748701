"""What must hold after everything was killed: the senders' journal and the database agree."""

import json
from pathlib import Path
from typing import Any, LiteralString

import psycopg

# each gives the rows that should not be there
BROKEN: dict[str, LiteralString] = {
    "submissions that are not just one of lead, repeat or undone": """
        select s.id from capture_submission s
        left join contacts_lead l on l.id = s.id
        left join contacts_repeat r on r.submission_id = s.id
        left join capture_undone u on u.submission_id = s.id
        where num_nonnulls(l.id, r.submission_id, u.submission_id) <> 1""",
    "failures": "select submission_id from capture_failure",
    "submissions that still wait": "select submission_id from capture_waiting",
    "facts that nobody followed": "select entry_id from base_outbox",
    "leads without exactly one open placement": """
        select l.id from contacts_lead l
        left join handoff_placement p on p.lead_id = l.id and p.closed_at is null
        group by l.id having count(p.id) <> 1""",
    "leads that were opened twice or never": """
        select l.id from contacts_lead l
        left join base_entry e on e.subject = l.id and e.name = 'LeadOpened'
        group by l.id having count(e.id) <> 1""",
    "submission counts that miss a repeat": """
        select l.id from contacts_lead l left join contacts_repeat r on r.lead_id = l.id
        group by l.id having count(r.submission_id) + 1 <> l.submission_count""",
    "leads with a person and no clock": """
        select p.lead_id from handoff_placement p
        left join pipeline_clock c on c.lead_id = p.lead_id
        where p.closed_at is null and p.kind = 'person'
        group by p.lead_id having count(c.id) <> 1""",
    "teams whose credits do not sum to zero": """
        select team_id from handoff_seat group by team_id having sum(credit) <> 0""",
    "seats whose open count is wrong": """
        select s.id from handoff_seat s
        left join handoff_placement p on p.seat_id = s.id and p.closed_at is null
        group by s.id having count(p.id) <> s.open_count""",
}
LEFT = """select (select count(*) from capture_waiting) + (select count(*) from base_outbox)"""
IDS = "select id::text from capture_submission"
SAFE = """
    select name, setting from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting <> 'on'"""


def left_to_do(url: str) -> int:
    """How much the worker has not handled yet."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(LEFT).fetchone()
        return int(row[0]) if row else 0


def careless(url: str) -> list[str]:
    """Tell which setting would let the server forget what it acknowledged."""
    with psycopg.connect(url, autocommit=True) as connection:
        return [f"not safe: {name} is {value}" for name, value in connection.execute(SAFE)]


def audit(url: str, journals: list[Path]) -> list[str]:
    """Compare journals and database. Returns what is wrong, in words."""
    acknowledged = read(journals)
    problems = []
    with psycopg.connect(url, autocommit=True) as connection:
        stored = {str(row[0]) for row in connection.execute(IDS)}
        problems += _first("acknowledged and lost", sorted(acknowledged - stored))
        problems += _first("stored and never acknowledged", sorted(stored - acknowledged))
        for name, sql in BROKEN.items():
            problems += _first(name, connection.execute(sql).fetchall())
    return problems


def read(journals: list[Path]) -> set[str]:
    """Give every id that was acknowledged. An id that stands for two leads is a lead lost."""
    ids: list[str] = []
    for journal in journals:
        for line in journal.read_text(encoding="utf-8").splitlines():
            ids += json.loads(line)[1]
    if len(ids) != len(set(ids)):
        raise AssertionError("two leads were given one id")
    return set(ids)


def _first(name: str, found: list[Any]) -> list[str]:
    return [f"{len(found)} {name}, such as {found[0]}"] if found else []
