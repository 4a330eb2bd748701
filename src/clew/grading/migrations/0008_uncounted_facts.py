"""Facts and signals are not compared by anybody: there are no statistics of them to be kept."""

from django.db import migrations

UNCOUNTED = "alter table grading_grade alter column facts set statistics {target}, alter column signals set statistics {target};"


class Migration(migrations.Migration):
    dependencies = [
        ("grading", "0007_overrides_by_trigger"),
    ]

    operations = [
        migrations.RunSQL(UNCOUNTED.format(target=0), UNCOUNTED.format(target=-1)),
    ]
