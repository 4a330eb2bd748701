"""How long a team is patient with leads in a stage."""

from django.db import models
from django.db.models import Q

from clew.access.models import Team
from clew.pipeline.moves.models import Stage


class Patience(models.Model):
    """After how many working days without a sign of progress a lead in a stage goes back, whatever its grade."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="patience")
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="patience")
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "stage", name="patience_once_per_stage"),
            models.CheckConstraint(condition=Q(days__gte=1), name="patience_of_a_day_or_more"),
        ]

    def __str__(self) -> str:
        return f"team {self.team_id}, stage {self.stage_id}: {self.days} days"
