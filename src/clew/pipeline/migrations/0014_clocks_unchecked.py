"""A clock's lead is there: whoever starts one holds its lock. So PostgreSQL need not look for each (docs/decisions/checked-once.md)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0015_usual_categories"),
        ("pipeline", "0013_moving_pools"),
    ]

    operations = [
        migrations.AlterField(
            model_name="clock",
            name="lead",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clocks",
                to="contacts.lead",
            ),
        ),
    ]
