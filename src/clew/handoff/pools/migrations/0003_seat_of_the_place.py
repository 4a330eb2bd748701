import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0014_round_looked_for_by_none"),
        ("pools", "0002_policies"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="recall", name="recall_of_seat"),
        migrations.AlterField(
            model_name="recall",
            name="seat",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="recalls",
                to="handoff.seat",
            ),
        ),
    ]
