"""What PostgreSQL believes of how many rows a table has, by which it decides how to look things up.

A table that was emptied counts as empty until autovacuum comes round, however fast it is filled again: an import after
one that was taken back looked people up three times as slowly for a minute.
"""

from django.db import connection
from psycopg import sql

OUTGROWN = """
select c.relname from pg_class c join pg_stat_user_tables s on s.relid = c.oid
where c.relnamespace = 'public'::regnamespace
  and s.n_live_tup > %s and c.reltuples between 0 and s.n_live_tup / %s
"""
ROWS, TIMES = 1_000, 10


def recount() -> None:
    """Let PostgreSQL count tables that hold many times the rows it believes. One that was never counted is estimated well."""
    with connection.cursor() as cursor:
        cursor.execute(OUTGROWN, [ROWS, TIMES])
        names = [sql.Identifier(name) for (name,) in cursor.fetchall()]
        if names:
            cursor.execute(sql.SQL("analyze (skip_locked) {}").format(sql.SQL(", ").join(names)))
