"""How many leads stand where: what is open, closed for which reason and whose goes together, and the planner is told so.

Taken for independent, won leads looked four times as rare as they are. Costs no writer anything.
"""

from django.db import migrations

COUNTED = """
create statistics placement_usual_places (mcv) on closed_at, kind, reason, team_id
  from handoff_placement;
alter statistics placement_usual_places set statistics 300;
analyze handoff_placement;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0008_places_at_once"),
    ]

    operations = [
        migrations.RunSQL(COUNTED, "drop statistics placement_usual_places"),
    ]
