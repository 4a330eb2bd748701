import django.contrib.postgres.indexes
from django.db import migrations

import clew.contacts.lettering

PAIRS = """
create function clew_pairs(name text, company text) returns text[]
language sql immutable strict parallel safe cost 1000 as $$
  select array(select distinct substr(word, at, 2)
    from unnest(array[lower(name), lower(company)]) word, generate_series(1, length(word) - 1) at)
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0010_unchecked"),
    ]

    operations = [
        migrations.RunSQL(PAIRS, "drop function clew_pairs(text, text)"),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                clew.contacts.lettering.Pairs("name", "company"), name="contact_letter_pairs"
            ),
        ),
    ]
