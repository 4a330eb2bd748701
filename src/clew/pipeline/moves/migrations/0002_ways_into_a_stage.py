from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moves", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stay",
            name="how",
            field=models.CharField(
                choices=[
                    ("entered", "Entered"),
                    ("forward", "Forward"),
                    ("skipped", "Skipped"),
                    ("back", "Back"),
                    ("reopened", "Reopened"),
                    ("retired", "Retired"),
                ],
                max_length=10,
            ),
        ),
    ]
