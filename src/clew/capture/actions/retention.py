"""Deleting what has been kept for long enough, a bounded number of rows at a time."""

from datetime import datetime

from django.db import connection

from clew.base.bulk import delete_some

# A submission that was put aside, or corrected into another one, and that stands nowhere else.
ENDED = """
select f.submission_id from capture_failure f
where f.settled_at < %s and f.settlement in ('dismissed', 'corrected')
  and not exists (select from capture_failure g
                  where g.submission_id = f.submission_id and g.id > f.id)
  and not exists (select from capture_waiting w where w.submission_id = f.submission_id)
  and not exists (select from capture_undone u where u.submission_id = f.submission_id)
  and not exists (select from capture_importrow r where r.submission_id = f.submission_id)
limit %s
"""
UNTIE = (
    "delete from capture_failure where submission_id = any(%(ids)s)",
    "update capture_failure set correction_id = null where correction_id = any(%(ids)s)",
    "update capture_rejected set submission_id = null where submission_id = any(%(ids)s)",
    "delete from capture_consent where submission_id = any(%(ids)s)",
    "delete from capture_submission where id = any(%(ids)s)",
)
OLD_IMPORTS = """
select id from capture_import where coalesce(ended_at, created_at) < %s
  and state not in ('importing', 'paused', 'undoing')
"""
EMPTY = f"""
update capture_importrow set cells = null where ctid = any(array(
  select ctid from capture_importrow where cells is not null and batch_id in ({OLD_IMPORTS}) limit %s))
"""  # noqa: S608  a statement of ours within another
FORGET = (
    f"update capture_import set profiles = '[]' where profiles <> '[]' and id in ({OLD_IMPORTS})"  # noqa: S608
)


def drop_replayed_failures(before: datetime, most: int) -> int:
    """Delete failures that were replayed before a time. Returns how many."""
    condition = "settled_at < %s and settlement = 'replayed'"
    return delete_some("capture_failure", condition, [before], most)


def drop_ended_submissions(before: datetime, most: int) -> int:
    """Delete submissions that were put aside or corrected before a time, with their failures.

    They leave both sides of the account. One that a row of a file stands for stays. Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [before, most])
        ids = [row[0] for row in cursor.fetchall()]
        for statement in UNTIE if ids else ():
            cursor.execute(statement, {"ids": ids})
    return len(ids)


def drop_settled_rejected(before: datetime, most: int) -> int:
    """Delete what was turned away and settled before a time. Returns how many."""
    return delete_some("capture_rejected", "settled_at < %s", [before], most)


def drop_open_rejected(before: datetime, most: int) -> int:
    """Delete what was turned away before a time and that nobody has settled since. Returns how many."""
    return delete_some("capture_rejected", "settled_at is null and at < %s", [before], most)


def drop_receipts(before: datetime, most: int) -> int:
    """Delete receipts from before a time: their keys may be used anew. Returns how many."""
    return delete_some("capture_receipt", "at < %s", [before], most)


def drop_visits(before: datetime, most: int) -> int:
    """Delete counts of visits from before a time. Returns how many."""
    return delete_some("capture_visit", "since < %s", [before], most)


def drop_reruns(before: datetime, most: int) -> int:
    """Delete background replays that ended before a time. Returns how many."""
    return delete_some("capture_rerun", "ended_at < %s", [before], most)


def empty_imports(before: datetime, most: int) -> int:
    """Forget what was kept of the rows of files that ended before a time. Returns how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [before])
        cursor.execute(EMPTY, [before, most])
        return int(cursor.rowcount)
