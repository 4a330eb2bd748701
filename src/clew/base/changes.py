"""Reading what has changed since, page by page, while others write: nothing left out, nothing twice.

Every row carries the number of the transaction that wrote it last. Numbers are given out before the
commit, so a row may become visible after rows with higher numbers; but once all transactions below
the horizon have ended, nothing can appear there any more. So a page is read in the order of
(number, key) up to the horizon, and goes on exactly where the one before it ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import BigIntegerField, F, Func, Model, QuerySet, Value
from django.db.models.lookups import GreaterThan

from clew.errors import Invalid

Row = TypeVar("Row", bound=Model)


class CursorFromTheFuture(Invalid):
    """This cursor is of a time that this database has not reached: it was restored. Read from the beginning."""

    code = "cursor_from_the_future"


@dataclass(frozen=True, slots=True)
class Position:
    """Behind one row; or, without a key, behind everything of transactions below `written_in`."""

    written_in: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and where to go on: also when there is nothing more yet."""

    rows: Sequence[Row]
    end: Position
    has_more: bool


def page(rows: QuerySet[Row], after: Position | None, limit: int) -> Page[Row]:
    """Give the next rows of those that have `written_in`, by two statements and the rows' own prefetches.

    Raises CursorFromTheFuture.
    """
    top, next_one = horizon()
    if after and after.written_in > next_one:
        raise CursorFromTheFuture
    if after and after.written_in > top:
        return Page([], after, has_more=False)
    ahead = _behind(rows, after) if after else rows
    found = list(ahead.filter(written_in__lt=top).order_by("written_in", "pk")[: limit + 1])
    if len(found) <= limit:
        return Page(found, Position(top), has_more=False)
    last = found[limit - 1]
    return Page(found[:limit], Position(_number(last), str(last.pk)), has_more=True)


# Who writes in another database of the same server need not be waited for. An activity that ended
# meanwhile is no longer known to be elsewhere: then it is waited for once more, which is only slower.
HORIZON = """
with now as (select pg_current_snapshot() as snapshot),
elsewhere as (
  select backend_xid::text::bigint as number from pg_stat_activity where backend_xid is not null
    and datid <> (select oid from pg_database where datname = current_database())),
writing as (
  select number::text::bigint as number from now, pg_snapshot_xip(snapshot) as number
  where number::text::bigint & 4294967295 not in (select number from elsewhere))
select coalesce((select min(number) from writing), pg_snapshot_xmax(snapshot)::text::bigint),
  pg_snapshot_xmax(snapshot)::text::bigint from now
"""


def horizon() -> tuple[int, int]:
    """Give the lowest number of a transaction that may still be writing here, and the next to be given out.

    The first may be lower than it was before, where somebody in another database ended just then.
    """
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        lowest, next_one = cursor.fetchone()
        return int(lowest), int(next_one)


def _behind(rows: QuerySet[Row], after: Position) -> QuerySet[Row]:
    if not after.key:
        return rows.filter(written_in__gte=after.written_in)
    here = _pair(F("written_in"), F("pk"))
    there = _pair(Value(after.written_in), Value(after.key))
    return rows.filter(GreaterThan(here, there))


def _pair(*parts: Any) -> Func:
    """Compared as one, which an index over both can begin at."""
    return Func(*parts, function="row", output_field=BigIntegerField())


def _number(row: Any) -> int:
    return int(row.written_in)


REBORN = ("base_entry", "base_deletion", "contacts_contact", "contacts_lead", "handoff_placement")


def settle() -> None:
    """After a restore into another server: let what its transactions cannot have written be new here."""
    with connection.cursor() as cursor:
        for table in REBORN:
            cursor.execute(
                f"update {table} set written_in = pg_current_xact_id()::text::bigint "  # noqa: S608
                "where written_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
            )
