"""Looking for duplicates behind the belt: along the ledger, a bounded step at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from django.db import connection

from clew.base.json import dumps
from clew.contacts.likely import Known, partners, senders
from clew.contacts.models import Search

ENTRIES = 3_000
BEHIND = timedelta(seconds=30)  # whoever still writes has older ids than others have committed
SEARCHED = """
select id, at, case when name = 'LeadOpened' then subject
    when name = 'LeadStrengthened' then (data ->> 'submission_id')::uuid end
from base_entry where id > %s order by id limit %s
"""
TRAITS = """
insert into contacts_trait as t (contact_id, digests)
select k.contact_id, k.digests from json_to_recordset(%s) as k(contact_id uuid, digests bigint[])
on conflict (contact_id) do update set digests =
  (select array_agg(distinct d) from unnest(t.digests || excluded.digests) as d)
where not t.digests @> excluded.digests
"""
SUSPECTED = """
insert into contacts_suspect as s (first_id, second_id, reasons, score, state, found_at)
select f.first, f.second, f.reasons, f.score, 'open', %s
from json_to_recordset(%s) as f(first uuid, second uuid, reasons jsonb, score int)
on conflict (first_id, second_id) do update
set reasons = excluded.reasons, score = excluded.score
where s.state = 'open' and s.score < excluded.score
"""


def search(now: datetime, most: int = ENTRIES) -> int:
    """Look at what came in since the last step. Gives how many entries of the ledger were looked at.

    One process at a time; 0 also where another is at it. The caller keeps undoing out until the commit.
    """
    Search.objects.get_or_create(pk=1)
    progress = Search.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if progress is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(SEARCHED, [progress.entry_id, most])
        entries: list[tuple[int, datetime, UUID | None]] = cursor.fetchall()
    # what a wrong clock wrote long ahead of now holds nothing up
    entries = list(takewhile(lambda entry: abs(now - entry[1]) >= BEHIND, entries))
    if not entries:
        return 0
    submissions = [submission for *_, submission in entries if submission]
    if submissions:
        progress.found_count += look_at(submissions, now)
    progress.entry_id = entries[-1][0]
    progress.save()
    return len(entries)


def look_at(submission_ids: Sequence[UUID], now: datetime) -> int:
    """Keep by what the senders are found, and whom they may be as well. Gives how many pairs.

    By what they are found is written first, so that two of one step find each other.
    """
    known = senders(submission_ids)
    _keep_traits(known)
    found = partners(known, submission_ids)
    if found:
        with connection.cursor() as cursor:
            cursor.execute(SUSPECTED, [now, dumps(found)])
    return len(found)


def _keep_traits(known: dict[UUID, Known]) -> None:
    rows = [{"contact_id": id_, "digests": one.stored} for id_, one in known.items() if one.stored]
    with connection.cursor() as cursor:
        cursor.execute(TRAITS, [dumps(rows)])
