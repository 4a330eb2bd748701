import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

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
                models.Func(
                    "name",
                    "company",
                    function="clew_pairs",
                    output_field=django.contrib.postgres.fields.ArrayField(models.TextField()),
                ),
                name="contact_letter_pairs",
            ),
        ),
    ]
