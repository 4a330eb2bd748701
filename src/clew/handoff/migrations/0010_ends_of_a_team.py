"""What a team's leads came to within a time is found by an index: the losses that a manager draws from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0009_usual_places"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="placement",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True), ("kind", "closed")),
                fields=["team", "opened_at"],
                name="placement_ended_of_team",
            ),
        ),
    ]
