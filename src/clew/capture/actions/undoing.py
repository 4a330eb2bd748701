"""Taking submissions back: off the queue, out of the failures, out of the way of the same again; or anew."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array


def take_back(submission_ids: list[UUID], *, now: datetime) -> None:
    """Take submissions off the queue and dismiss their failures.

    The caller keeps the belt still. Whoever replays a failure meanwhile is either seen or refused.
    """
    ids = as_array(submission_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update capture_failure set settled_at = %s, settlement = 'dismissed'
            where submission_id = any(%s::uuid[]) and settled_at is null
            """,
            [now, ids],
        )
        cursor.execute("delete from capture_waiting where submission_id = any(%s::uuid[])", [ids])


def mark_undone(submission_ids: list[UUID], *, now: datetime) -> None:
    """Keep submissions as evidence only; what they were called outside may be sent again."""
    ids = as_array(submission_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into capture_undone (submission_id, at)
            select id, %s from unnest(%s::uuid[]) as given(id)
            """,
            [now, ids],
        )
        cursor.execute(
            """
            update capture_submission set external_id = null
            where id = any(%s::uuid[]) and external_id is not null
            """,
            [ids],
        )


def send_again(submission_ids: list[UUID]) -> None:
    """Put submissions on the queue once more. The caller has taken back what the belt made of them."""
    if not submission_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into capture_waiting (submission_id) select unnest(%s::uuid[])
            on conflict do nothing
            """,
            [as_array(submission_ids)],
        )
        cursor.execute("select pg_notify('clew_waiting', '')")
