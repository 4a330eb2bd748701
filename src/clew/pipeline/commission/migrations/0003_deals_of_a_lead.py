import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commission", "0002_lines_stay"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deal",
            name="lead",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deals",
                to="contacts.lead",
            ),
        ),
    ]
