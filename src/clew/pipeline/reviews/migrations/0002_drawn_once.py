from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0001_initial"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.UniqueConstraint(
                models.F("team"), models.F("seed"), name="sample_once_per_seed"
            ),
        ),
    ]
