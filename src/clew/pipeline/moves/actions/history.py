"""Keeping the way of leads that were over before Clew learnt of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from clew.base.bulk import as_array, copy_in
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.moves.logs import WON, Travelled

SECOND = timedelta(seconds=1)
STAYS = """lead_id, stage_id, number, how, entered_at, left_at, outcome, work_seconds, actor_kind, actor_id"""
IMPORTER = "importer"


@transaction.atomic
def record(ways: Mapping[UUID, Travelled], opened: Mapping[UUID, datetime]) -> int:
    """Write stays, exits and first contacts of old records that have no stays yet. Returns of how many.

    Working time is not known of them: the clock's time counts. For up to some 1,000 at a time.
    """
    lock_leads(list(ways))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select l.id from contacts_lead l where l.id = any(%s::uuid[]) and l.is_history
              and not exists (select from moves_stay s where s.lead_id = l.id)
            """,
            [as_array(ways)],
        )
        fresh = {lead_id: ways[lead_id] for (lead_id,) in cursor.fetchall()}
    copy_in("moves_stay", STAYS, [row for item in fresh.items() for row in _stays(*item)])
    copy_in(
        "moves_exit",
        'lead_id, stage_id, "end", rival, currency, at',
        [
            (lead_id, way.stays[-1].stage, way.end, "", "CNY", way.ended_at)
            for lead_id, way in fresh.items()
            if way.end not in {"", WON}
        ],
    )
    copy_in(
        "pipeline_firstcontact",
        "lead_id, tried_at, tried_seconds, answered_at, answered_seconds",
        [
            (lead_id, way.tried_at, (way.tried_at - opened[lead_id]) // SECOND, way.answered_at,
             (way.answered_at - opened[lead_id]) // SECOND if way.answered_at else None)
            for lead_id, way in fresh.items()
            if way.tried_at
        ],
    )  # fmt: skip
    return len(fresh)


def _stays(lead_id: UUID, way: Travelled) -> list[tuple[object, ...]]:
    return [
        (
            lead_id,
            one.stage,
            number,
            one.how,
            one.entered_at,
            one.left_at,
            one.outcome,
            (one.left_at - one.entered_at) // SECOND if one.left_at else None,
            "system",
            IMPORTER,
        )
        for number, one in enumerate(way.stays, 1)
    ]
