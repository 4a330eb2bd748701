"""What is due once a day, whichever process does it, and old rows of the tables that no stage owns."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from clew.base.bulk import delete_some
from clew.base.models import Duty

LOCK = 0x64757479  # "duty": one process at a time
APART = timedelta(days=1)


def due(names: Collection[str], now: datetime) -> str | None:
    """The first of `names` that was not done through within a day, or None."""
    done = Duty.objects.filter(name__in=names, done_at__gt=now - APART)
    fresh = set(done.values_list("name", flat=True))
    return next((name for name in names if name not in fresh), None)


def lock() -> bool:
    """Be the only one until the transaction ends. False where somebody else is."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def note(name: str, count: int, done_at: datetime | None) -> None:
    """Add to what came of a duty; with `done_at` it is done through for today."""
    duty, _ = Duty.objects.select_for_update().get_or_create(name=name)
    duty.count += count
    duty.done_at = done_at or duty.done_at
    duty.save()


def drop_refusals(before: datetime, most: int) -> int:
    """Delete counts of what was turned away before a time, at most so many. Returns how many."""
    return delete_some("base_refusal", "at < %s", [before], most)


def drop_followed(before: datetime, most: int) -> int:
    """Delete marks of effects whose facts are from before a time and done. Returns how many."""
    condition = """entry_id in (select id from base_entry where at < %s)
        and not exists (select from base_outbox o where o.entry_id = base_followed.entry_id)"""
    return delete_some("base_followed", condition, [before], most)
