"""What to say to strangers, and what never to do."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member
from clew.pipeline.moves.models import Stage


class Script(models.Model):
    """What to say at a stage, or at any: to begin with, or to something that was said; and what not to do.

    Its words are never changed: a new wording takes the place of the old one, which stays.
    """

    stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="scripts")
    said = models.CharField(max_length=20, blank=True)  # what it answers; nothing: how to begin
    lines_zh = models.TextField(blank=True)  # one thing to say on each line
    lines_en = models.TextField(blank=True)
    avoid_zh = models.CharField(max_length=200, blank=True)
    avoid_en = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    writer = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "said"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="script_one_in_use",
            ),
            models.CheckConstraint(
                condition=~Q(lines_zh="", lines_en=""), name="script_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.said or 'opening'} at {self.stage_id}"
