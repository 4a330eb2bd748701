"""What is done about it: clocks, calls and the next step."""

from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Least

from clew.access.models import Member, Team
from clew.base.models import File
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.pipeline.clocks.models import Policy

IS_CONTACT = ~Q(kind=Policy.Kind.STAGE)  # clocks that wait for somebody to make contact


def _unless(done: str, then: str) -> Case:
    return Case(When(**{f"{done}__isnull": True}, then=then))


class Clock(models.Model):
    """The time until somebody must meet with a lead, or until it must leave its stage: one of each runs at most.

    Each step of its policy happens once, if it comes to that. `next_at` is when the next of them is due. A warning
    that comes too late is none.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, db_constraint=False, related_name="clocks")
    kind = models.CharField(
        max_length=10,
        choices=Policy.Kind,
        default=Policy.Kind.FIRST,
        db_default=Policy.Kind.FIRST,
    )
    policy = models.ForeignKey(
        Policy,
        models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="clocks",
    )
    started_at = models.DateTimeField()
    warn_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    escalate_at = models.DateTimeField(null=True, blank=True)
    reclaim_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)  # as its newest pause says
    reclaimed_at = models.DateTimeField(null=True, blank=True)
    spared_at = models.DateTimeField(null=True, blank=True)  # it was to be, and stayed
    next_at = models.GeneratedField(
        expression=Case(
            When(
                stopped_at__isnull=True,
                then=Least(
                    Case(When(warned_at__isnull=True, breached_at__isnull=True, then="warn_at")),
                    _unless("breached_at", "due_at"),
                    _unless("escalated_at", "escalate_at"),
                    Case(
                        When(reclaimed_at__isnull=True, spared_at__isnull=True, then="reclaim_at")
                    ),
                ),
            )
        ),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(stopped_at__isnull=True) & IS_CONTACT,
                name="clock_one_for_contact_per_lead",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(stopped_at__isnull=True, kind=Policy.Kind.STAGE),
                name="clock_one_of_stage_per_lead",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=models.F("started_at")), name="clock_due_after_start"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="clock_to_go_on", condition=Q(next_at__isnull=False)
            ),
            models.Index(
                fields=["escalated_at"],
                name="clock_escalated",
                condition=Q(stopped_at__isnull=True, escalated_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"clock of {self.lead_id}"


class Call(models.Model):
    """An attempt to reach the person, and how it ended."""

    class Result(models.TextChoices):
        """The results of the call sheet."""

        ANSWERED = "answered"
        NO_ANSWER = "no_answer"
        BAD_NUMBER = "bad_number"
        REFUSED = "refused"
        WECHAT_ADDED = "wechat_added"
        BLOCKED = "blocked"  # they shut us out

    id = models.UUIDField(primary_key=True)  # made by the page, so that a double click is one call
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="calls")
    member = models.ForeignKey(Member, models.PROTECT, related_name="calls")
    result = models.CharField(max_length=20, choices=Result)
    said = models.CharField(max_length=40, blank=True)
    note = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["lead", "-at"], name="call_of_lead")]

    def __str__(self) -> str:
        return f"{self.result} {self.lead_id}"


class FirstContact(models.Model):
    """When somebody first tried to reach a lead, and first got through: people alone, no automatic reply.

    `…_seconds` are working time since the lead came in, by the hours of whoever had it then. `promised_at`
    is when the first contact was due first.
    """

    lead = models.OneToOneField(
        Lead, models.PROTECT, primary_key=True, db_constraint=False, related_name="first_contact"
    )
    tried_at = models.DateTimeField()
    tried_seconds = models.PositiveIntegerField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_seconds = models.PositiveIntegerField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_seconds__isnull=True)
                | Q(answered_at__gte=models.F("tried_at"), answered_seconds__isnull=False),
                name="firstcontact_answered_after_tried",
            ),
        ]

    def __str__(self) -> str:
        return f"first contact of {self.lead_id}"


class GivenBack(models.Model):
    """What somebody said, in their own words, when they gave a lead back to the pool. Sealed."""

    placement = models.OneToOneField(
        Placement, models.PROTECT, primary_key=True, related_name="given_back"
    )
    note = models.BinaryField()

    def __str__(self) -> str:
        return f"note of placement {self.placement_id}"


class Task(models.Model):
    """The next step of a lead: one open task at most, with a due time.

    `about`: a code of what it is, where it is more than the next contact; `wording.ABOUT` has the words.
    `passed_at`: it came and was not done.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="tasks")
    about = models.CharField(max_length=40, blank=True, default="", db_default="")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    passed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(done_at__isnull=True), name="task_one_open_per_lead"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="task_to_pass",
                condition=Q(done_at__isnull=True, passed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"task of {self.lead_id}"


class Result(models.Model):
    """How a lead came out, and what it was worth where that is known. There is none while it is open."""

    lead = models.OneToOneField(Lead, models.PROTECT, primary_key=True, related_name="result")
    is_won = models.BooleanField(null=True)  # null: old records that do not say
    value_minor = models.BigIntegerField(null=True, blank=True)
    margin_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.is_won} {self.lead_id}"


class Worth(models.Model):
    """What a won lead came to, as somebody said it. The newest holds; a correction is another one."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="worths")
    value_minor = models.BigIntegerField(null=True)
    margin_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="CNY")
    said_at = models.DateTimeField()
    sayer = models.ForeignKey(Member, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)  # of a correction

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value_minor__isnull=True) | Q(value_minor__gte=0),
                name="worth_value_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(value_minor__isnull=True)
                | Q(margin_minor__isnull=True)
                | Q(margin_minor__lte=models.F("value_minor")),
                name="worth_margin_within_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value_minor} of {self.lead_id}"


class Draft(models.Model):
    """A call sheet that is not saved yet. Sealed, one per lead and member; saving the call ends it.

    It lives here and not in the browser: what a customer said is personal data, and a draft begun on
    the phone goes on at the desk.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="drafts")
    member = models.ForeignKey(Member, models.CASCADE, related_name="drafts")
    body = models.BinaryField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("lead", "member", name="draft_one_per_member"),
        ]

    def __str__(self) -> str:
        return f"draft of {self.lead_id}"


class Export(models.Model):
    """A sheet of leads that somebody asked for: whose rights, what is in it, how far it has come.

    The row stays as the record of who took what; the file goes when it expires or is deleted.
    """

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"  # `problem` says why
        DELETED = "deleted"

    id = models.UUIDField(primary_key=True)
    asked_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="exports")
    asked_at = models.DateTimeField()
    rights = models.CharField(max_length=200)
    filter = models.BinaryField()  # sealed: what is searched for may be somebody's number
    columns = models.JSONField()
    format = models.CharField(max_length=4)
    is_masked = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10)
    zone = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State)
    problem = models.CharField(max_length=60, blank=True)
    expected_count = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField(default=0)
    position = models.CharField(max_length=100, blank=True)  # key of the last row
    written = models.JSONField(null=True)
    file = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    size = models.BigIntegerField(default=0)
    attempt_count = models.PositiveSmallIntegerField(default=0)  # since it last got on
    advanced_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_count = models.PositiveIntegerField(default=0)
    held_by = models.UUIDField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_masked=True) | ~Q(reason=""), name="export_full_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed", "deleted"]),
                name="export_known_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], ended_at__isnull=True)
                | Q(state__in=["done", "failed", "deleted"], ended_at__isnull=False),
                name="export_ended_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "-asked_at"], name="export_of_member"),
            models.Index(
                fields=["advanced_at"],
                name="export_to_advance",
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class SavedView(models.Model):
    """A named way of looking at the leads: filter, order and columns. It never widens what a reader may see."""

    class Reach(models.TextChoices):
        """Who finds it in the menu."""

        OWN = "own"
        TEAM = "team"
        ALL = "all"

    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(Member, models.PROTECT, related_name="saved_views")
    name = models.CharField(max_length=60)
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.OWN)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    filter = models.BinaryField()  # sealed: what is searched for may be somebody's number
    columns = models.JSONField(default=list)  # empty: those of the reader
    edition = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("owner", "name", name="savedview_named_once_per_owner"),
            models.CheckConstraint(
                condition=Q(reach="team", team__isnull=False)
                | Q(reach__in=["own", "all"], team__isnull=True),
                name="savedview_team_where_shared_with_it",
            ),
        ]

    def __str__(self) -> str:
        return f"view {self.pk}"


class Layout(models.Model):
    """How a member's list of leads looks: the columns, and the view that it begins with."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="layout")
    columns = models.JSONField(default=list)  # empty: the usual ones
    begins_with = models.ForeignKey(
        SavedView, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"layout of {self.member_id}"


class BulkEdit(models.Model):
    """One change to many leads: chosen, judged lead by lead, shown, then made by the worker as its asker.

    Its id is made by the page, so that a double click is one of it.
    """

    class Act(models.TextChoices):
        """What a lead's own page can do too, and taking such a change back."""

        ASSIGN = "assign"
        PLAN = "plan"
        CLOSE = "close"
        REOPEN = "reopen"
        GRADE = "grade"
        LIFT = "lift"
        FIELD = "field"
        CATEGORY = "category"
        REGION = "region"
        POOL = "pool"
        MOVE = "move"
        UNDO = "undo"

    class State(models.TextChoices):
        """How far it has come."""

        CHOSEN = "chosen"  # what exactly is to be done is not said yet
        JUDGED = "judged"  # shown, and not begun
        RUNNING = "running"
        DONE = "done"

    id = models.UUIDField(primary_key=True)
    asked_by = models.ForeignKey(Member, models.PROTECT, related_name="bulk_edits")
    asked_at = models.DateTimeField()
    act = models.CharField(max_length=10, choices=Act)
    terms = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.CHOSEN)
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="undone_by"
    )
    advanced_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="done", ended_at__isnull=False)
                | Q(state__in=["chosen", "judged", "running"], ended_at__isnull=True),
                name="bulkedit_ended_when_done",
            ),
            models.CheckConstraint(
                condition=Q(act="undo", undoes__isnull=False)
                | (~Q(act="undo") & Q(undoes__isnull=True)),
                name="bulkedit_undoes_something",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "-asked_at"], name="bulkedit_of_member"),
            models.Index(
                fields=["advanced_at"], name="bulkedit_to_advance", condition=Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"


class BulkRow(models.Model):
    """One lead of it: how it stood when it was judged, and what became of it. A lead that is gone leaves it."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        DONE = "done"
        LEFT = "left"  # `code` says why

    id = models.BigAutoField(primary_key=True)
    bulk = models.ForeignKey(BulkEdit, models.CASCADE, related_name="rows", db_index=False)
    lead_id = models.UUIDField()
    stamp = models.BigIntegerField(null=True)  # the placement, or grade, that was in force
    after = models.BigIntegerField(null=True)  # the one that the change left
    held = models.JSONField(null=True)  # by what is filled in or corrected
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("bulk", "lead_id", name="bulkrow_lead_once"),
            models.CheckConstraint(
                condition=Q(state="left") & ~Q(code="") | ~Q(state="left") & Q(code=""),
                name="bulkrow_left_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["bulk", "state", "id"], name="bulkrow_of_bulk")]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.bulk_id}"
