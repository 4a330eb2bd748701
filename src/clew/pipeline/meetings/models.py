"""Meetings with people who asked: offered, chosen, held or missed."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead
from clew.pipeline.models import Task


class Among(models.Func):
    """Whether a value is one of an array's."""

    template = "%(expressions)s)"
    arg_joiner = " = any("
    arity = 2
    output_field = models.BooleanField()


class Meeting(models.Model):
    """One appointment with a person, from the first offer of times to whether they came.

    Its id is made by the page, so that a double click is one meeting. The link is known by its digest alone;
    `link_number` makes another one of it. `sequence` counts what a calendar has to be told anew. `task` is
    the next step that the meeting has put first; `aside_at` is when the one is due that it had to wait for.
    """

    class Kind(models.TextChoices):
        """We go to them, nobody goes anywhere, or they come to us."""

        VISIT = "visit"
        VIDEO = "video"
        SHOP = "shop"

    class State(models.TextChoices):
        """How it stands. The first three are open: a lead has one such meeting at most."""

        OFFERED = "offered"
        WISHED = "wished"  # they asked for another time
        CONFIRMED = "confirmed"
        DECLINED = "declined"
        CANCELLED = "cancelled"
        HELD = "held"
        MISSED = "missed"

    id = models.UUIDField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="meetings")
    organiser = models.ForeignKey(Member, models.PROTECT, related_name="meetings")
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )  # the one that was missed
    kind = models.CharField(max_length=10, choices=Kind)
    place = models.CharField(max_length=200, blank=True)
    minutes = models.PositiveSmallIntegerField()
    offered = ArrayField(models.DateTimeField())
    from_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    wish = models.BinaryField(null=True)  # sealed: what they said about the times
    link_number = models.PositiveIntegerField(default=1)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    sequence = models.PositiveIntegerField(default=0)
    remind_at = models.DateTimeField(null=True, blank=True)
    task = models.ForeignKey(Task, models.SET_NULL, null=True, related_name="+")
    aside_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)  # when somebody said whether they came

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["visit", "video", "shop"]), name="meeting_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["confirmed", "held", "missed"],
                    from_at__isnull=False,
                    until_at__isnull=False,
                )
                | Q(state__in=["offered", "wished"], from_at__isnull=True, until_at__isnull=True)
                | Q(state__in=["declined", "cancelled"]),
                name="meeting_has_a_time_once_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(from_at__isnull=True) | Q(until_at__gt=F("from_at")),
                name="meeting_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=~Q(offered=[]), name="meeting_offers_some_time"),
            models.CheckConstraint(
                condition=Q(from_at__isnull=True) | Q(Among(F("from_at"), F("offered"))),
                name="meeting_time_was_offered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["held", "missed"], told_at__isnull=False)
                | ~Q(state__in=["held", "missed"]) & Q(told_at__isnull=True),
                name="meeting_told_when_held_or_missed",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(state__in=["offered", "wished", "confirmed"]),
                name="meeting_one_open_per_lead",
            ),
            ExclusionConstraint(
                name="meeting_apart",
                expressions=[
                    (
                        models.Func(
                            "organiser_id",
                            "organiser_id",
                            models.Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            "from_at",
                            "until_at",
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                condition=Q(state="confirmed"),
            ),
        ]
        indexes = [
            models.Index(fields=["organiser", "from_at"], name="meeting_of_organiser"),
            models.Index(fields=["lead", "-made_at"], name="meeting_of_lead"),
            models.Index(
                fields=["remind_at"],
                name="meeting_to_remind",
                condition=Q(state="confirmed", remind_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.lead_id}"


class VisitNote(models.Model):
    """What was learnt in a meeting, as labels with answers. Sealed; the newest one holds."""

    id = models.BigAutoField(primary_key=True)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="visit_notes")
    body = models.BinaryField()
    member = models.ForeignKey(Member, models.PROTECT, related_name="visit_notes")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"note of {self.meeting_id}"


class VisitTemplate(models.Model):
    """What a team wants to be noted of a meeting; a team without one notes the usual things."""

    team = models.OneToOneField(
        Team, models.PROTECT, primary_key=True, related_name="visit_template"
    )
    labels = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(labels=[]), name="visittemplate_asks_something"),
        ]

    def __str__(self) -> str:
        return f"template of team {self.team_id}"


class Feed(models.Model):
    """The secret address under which a member's calendar reads their meetings. Known by its digest alone."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="feeds")
    number = models.PositiveIntegerField()  # of the member's addresses so far
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "number", name="feed_number_once_per_member"),
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(revoked_at__isnull=True),
                name="feed_one_open_per_member",
            ),
        ]

    def __str__(self) -> str:
        return f"feed of {self.member_id}"
