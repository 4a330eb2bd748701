"""A grade's lead is there: whoever grades holds its lock. So PostgreSQL need not look for each (docs/decisions/checked-once.md)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0015_usual_categories"),
        ("grading", "0005_rules_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="grade",
            name="lead",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grades",
                to="contacts.lead",
            ),
        ),
    ]
