"""Counting what is usual in each stage."""

from datetime import datetime, timedelta

from django.db import connection, transaction

WINDOW = timedelta(days=90)


@transaction.atomic
def count_usual(now: datetime) -> None:
    """Count median stay and share that went on, for each stage, from the stays that ended lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into moves_usual as u (stage_id, stay_count, seconds, passed_bp, counted_at)
            select g.id, coalesce(c.n, 0), c.seconds, c.passed_bp, %(now)s
            from moves_stage g
            left join lateral (select count(*) as n,
                percentile_cont(0.5) within group (order by extract(epoch from left_at - entered_at))::bigint
                  as seconds,
                (10000 * count(*) filter (where outcome = 'onward')
                  / nullif(count(*) filter (where outcome in ('onward', 'left')), 0))::int as passed_bp
              from moves_stay where stage_id = g.id and left_at > %(since)s and left_at <= %(now)s) c on true
            on conflict (stage_id) do update set stay_count = excluded.stay_count,
              seconds = excluded.seconds, passed_bp = excluded.passed_bp, counted_at = excluded.counted_at
            """,
            {"now": now, "since": now - WINDOW},
        )
