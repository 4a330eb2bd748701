"""Tables as COPY writes them: the same rows give the same bytes, on any server and in any version.

The number of the transaction that wrote a row is left out: it means nothing on another server, where
whoever keeps a copy must read all of it again anyway.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg import sql

MADE_AGAIN = {
    "base_ear",  # on another server listeners begin with what comes
    "tally_group",  # a copy of what other tables say
    "tally_progress",
    "tally_standing",
}
LEFT_OUT = {
    "django_migrations",
    "django_session",
    *MADE_AGAIN,
}  # written by migrating; nobody stays signed in
STEADY = "set local datestyle to 'ISO, MDY'; set local timezone to 'UTC'; set local intervalstyle to 'postgres'; set local bytea_output to 'hex'; set local extra_float_digits to 1"
COLUMNS = """
select array(select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0
  and not attisdropped and attgenerated = '' and attname <> 'written_in' order by attnum)"""
KEY = """
select a.attname, a.attcollation <> 0 from pg_index i, unnest(i.indkey) with ordinality as k(number, place)
join pg_attribute a on a.attnum = k.number
where i.indrelid = to_regclass(%s) and i.indisprimary and a.attrelid = i.indrelid order by k.place"""
SEQUENCES = """
select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null"""
REFERENCES = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where contype = 'f' and conrelid = any(%s::regclass[]) order by 1, 2"""


def columns(cursor: Any, table: str) -> list[str]:
    """Name the columns that hold something of their own."""
    return list(cursor.execute(COLUMNS, [_quoted(table)]).fetchone()[0])


def sequences(cursor: Any) -> dict[str, int]:
    """Tell how far each sequence has counted."""
    return dict(cursor.execute(SEQUENCES).fetchall())


def rows(cursor: Any, table: str, names: Sequence[str]) -> Iterator[bytes]:
    """Give each row as COPY writes it, in the order of the key."""
    key = [
        sql.SQL("{} collate {}").format(sql.Identifier(name), sql.Identifier("C"))
        if is_text
        else sql.Identifier(name)
        for name, is_text in cursor.execute(KEY, [_quoted(table)]).fetchall()
    ]
    wanted = sql.SQL("copy (select {} from {} order by {}) to stdout").format(
        _listed(names), sql.Identifier(table), sql.SQL(", ").join(key)
    )
    with cursor.copy(wanted) as copy:
        yield from map(bytes, copy)


def digest(cursor: Any, table: str, names: Sequence[str]) -> str:
    """Give the SHA-256 of a table's rows."""
    hashed = hashlib.sha256()
    for row in rows(cursor, table, names):
        hashed.update(row)
    return hashed.hexdigest()


def fill(cursor: Any, table: str, names: Sequence[str], pieces: Iterable[bytes]) -> int:
    """Write rows back and return how many there were. Triggers of ours stay out of it."""
    name = sql.Identifier(table)
    cursor.execute(sql.SQL("alter table {} disable trigger user").format(name))
    with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(name, _listed(names))) as copy:
        for piece in pieces:
            copy.write(piece)
    count = int(cursor.rowcount)
    cursor.execute(sql.SQL("alter table {} enable trigger user").format(name))
    return count


def unbind(cursor: Any, tables: Sequence[str]) -> list[sql.Composed]:
    """Take the foreign keys off, and return the statements that put them on and check them again."""
    found = cursor.execute(REFERENCES, [[_quoted(t) for t in tables]]).fetchall()
    for table, name, _ in found:
        cursor.execute(
            sql.SQL("alter table {} drop constraint {}").format(
                sql.SQL(table), sql.Identifier(name)
            )
        )
    return [
        sql.SQL("alter table {} add constraint {} {}").format(
            sql.SQL(table), sql.Identifier(name), sql.SQL(definition)
        )
        for table, name, definition in found
    ]


def empty(cursor: Any, tables: Sequence[str]) -> None:
    """Throw away every row of these tables."""
    names = sql.SQL(", ").join(map(sql.Identifier, tables))
    cursor.execute(sql.SQL("truncate {}").format(names))


def go_on_counting(cursor: Any, sequence: str, last: int) -> None:
    """Let a sequence go on behind the last number that was given out."""
    cursor.execute(
        sql.SQL("alter sequence {} restart with {}").format(
            sql.Identifier(sequence), sql.Literal(last + 1)
        )
    )


def _listed(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'
