"""What contacts are found by: the initials of Chinese names, and each two letters side by side, in columns.

A contact is written anew for everybody who keeps a copy only where something about the person changed, so
the trigger that says so rests meanwhile. The index goes first and is built last: twice as fast as keeping it.
"""

from typing import Any

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from clew.base.json import dumps
from clew.contacts.lettering import letters

AT_ONCE = 10_000
NEXT = "select id, name, company from contacts_contact where id > %s order by id limit %s"
FILLED = """
update contacts_contact c set initials = p.initials, pairs = p.pairs
from json_to_recordset(%s) as p(id uuid, initials text, pairs int[]) where c.id = p.id
"""
PAIRS = """
create function clew_pairs(name text, company text) returns text[]
language sql immutable strict parallel safe cost 1000 as $$
  select array(select distinct substr(word, at, 2)
    from unnest(array[lower(name), lower(company)]) word, generate_series(1, length(word) - 1) at)
$$
"""
INDEX = """
create index contact_letter_pairs on contacts_contact using gin (clew_pairs(name, company))
"""
RESTING = "alter table contacts_contact disable trigger contact_written"
AWAKE = "alter table contacts_contact enable trigger contact_written"


def fill(_apps: Any, schema_editor: Any) -> None:
    """Read the names once, in the order of their ids."""
    last = "00000000-0000-0000-0000-000000000000"
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(NEXT, [last, AT_ONCE])
            found = cursor.fetchall()
            if not found:
                return
            last = found[-1][0]
            rows = [{"id": id_, **letters(name, firm)} for id_, name, firm in found]
            cursor.execute(FILLED, [dumps([row for row in rows if row["pairs"]])])


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0012_newest_of_all"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="initials",
            field=models.CharField(blank=True, db_default="", max_length=330),
        ),
        migrations.AddField(
            model_name="contact",
            name="pairs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), blank=True, db_default=[], size=None
            ),
        ),
        migrations.RunSQL(
            "drop index contact_letter_pairs",
            INDEX,
            state_operations=[
                migrations.RemoveIndex(model_name="contact", name="contact_letter_pairs")
            ],
        ),
        migrations.RunSQL("drop function clew_pairs(text, text)", PAIRS),
        migrations.RunSQL(RESTING, AWAKE),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(AWAKE, RESTING),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["pairs"], name="contact_letter_pairs"
            ),
        ),
        migrations.RunSQL("analyze contacts_contact", migrations.RunSQL.noop),
    ]
