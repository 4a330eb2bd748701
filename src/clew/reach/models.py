"""What people are told."""

from django.db import models
from django.db.models import Q

from clew.access.models import Member, Team
from clew.contacts.models import Lead
from clew.reach.rules import MAIL, ROBOT, When

MEDIA = (ROBOT, MAIL)


class Notice(models.Model):
    """What one member is to know of one lead. It is open until it is read, or over by itself."""

    class Kind(models.TextChoices):
        """What happened to the lead."""

        HOT = "hot"  # one of high intent is with the member now
        GIVEN = "given"  # somebody gave it to the member by hand
        SOON = "soon"  # a clock of it runs out
        LATE = "late"  # a clock of it ran out
        TAKEN = "taken"  # somebody else took it from the member
        UNREAD = "unread"  # its holder was told and has not looked: to managers
        UNMET = "unmet"  # a clock of it ran out some while ago: to managers
        STUCK = "stuck"  # that of its stage did: to managers

    class End(models.TextChoices):
        """Why nobody needs to read it any more."""

        GONE = "gone"  # the lead is no longer the member's
        PASSED = "passed"  # what it warned of has come
        DONE = "done"  # somebody has tried to reach the person, or it is closed

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, models.PROTECT, db_index=False, related_name="notices")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind)
    entry_id = models.BigIntegerField()  # of the ledger
    by = models.ForeignKey(  # who did it, or had it and did not, where somebody did
        Member, models.PROTECT, null=True, blank=True, db_index=False, related_name="caused_notices"
    )
    at = models.DateTimeField()
    told_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End, blank=True)
    asks_at = models.DateTimeField(
        null=True, blank=True
    )  # then it is looked at whether it was read
    step = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "entry_id", "kind", name="notice_once"),
            models.UniqueConstraint(
                "member",
                "lead",
                "kind",
                condition=Q(read_at__isnull=True, over_at__isnull=True),
                name="notice_one_open_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(over_at__isnull=True, end="") | Q(over_at__isnull=False) & ~Q(end=""),
                name="notice_over_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_of_member"),
            models.Index(
                fields=["member"],
                name="notice_unread",
                condition=Q(read_at__isnull=True, over_at__isnull=True),
            ),
            models.Index(fields=["told_at"], name="notice_by_age"),
            models.Index(
                fields=["asks_at"],
                name="notice_to_ask",
                condition=Q(asks_at__isnull=False, read_at__isnull=True, over_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member_id}"


class Outlet(models.Model):
    """Where what people are told goes out: a messenger's robot, of a team or one member, or one member's mailbox.

    A robot's address and secret are sealed. A mailbox is made when it is needed; its address is the member's.

    After failures it rests until a time; `failures` counts them since it last took something.
    """

    class Vendor(models.TextChoices):
        """Whose robot it is."""

        WECOM = "wecom"
        DINGTALK = "dingtalk"
        FEISHU = "feishu"
        EMAIL = "email"

    id = models.UUIDField(primary_key=True)
    vendor = models.CharField(max_length=10, choices=Vendor)
    name = models.CharField(max_length=60)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="outlets")
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="outlets"
    )
    address = models.BinaryField(null=True)
    secret = models.BinaryField(null=True)
    made_by = models.ForeignKey(
        Member, models.PROTECT, null=True, db_index=False, related_name="made_outlets"
    )
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    took_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=True) ^ Q(member__isnull=True),
                name="outlet_of_a_team_or_a_member",
            ),
            models.CheckConstraint(
                condition=Q(vendor="email", address__isnull=True, member__isnull=False)
                | ~Q(vendor="email") & Q(address__isnull=False, made_by__isnull=False),
                name="outlet_robot_has_an_address",
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(vendor="email"), name="outlet_one_mailbox_each"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """What goes out at once over one outlet: one notice or several, or a test.

    It is `sending` from before it goes out until its end is known; where that is never told it is `unknown`.
    """

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        UNKNOWN = "unknown"  # it may have arrived

    id = models.BigAutoField(primary_key=True)
    outlet = models.ForeignKey(Outlet, models.PROTECT, db_index=False, related_name="messages")
    is_test = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["outlet"], condition=Q(state="sending"), name="message_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["outlet", "-sent_at"], name="message_of_outlet"),
            models.Index(
                fields=["made_at"],
                name="message_open",
                condition=Q(state__in=["waiting", "sending"]),
            ),
            models.Index(fields=["made_at"], name="message_by_age"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}: {self.state}"


class Delivery(models.Model):
    """One notice over one outlet: whether it went out, and what became of it."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        UNKNOWN = "unknown"  # it may have arrived
        DROPPED = "dropped"  # it was read or over before it went out

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    outlet = models.ForeignKey(Outlet, models.PROTECT, db_index=False, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="deliveries")
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("notice", "outlet", name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["outlet", "due_at"],
                name="delivery_open",
                condition=Q(state__in=["waiting", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.notice_id}: {self.state}"


class Wish(models.Model):
    """When one member wants to be told of a kind, by robot or by mail, where it is not as usual."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="wishes")
    kind = models.CharField(max_length=10, choices=Notice.Kind)
    medium = models.CharField(max_length=10)
    when = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "kind", "medium", name="wish_once"),
            models.CheckConstraint(condition=Q(medium__in=MEDIA), name="wish_known_medium"),
            models.CheckConstraint(condition=Q(when__in=list(When)), name="wish_known_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.medium}: {self.when}"


class QuietTime(models.Model):
    """Hours of every day in which a member is left alone, in minutes since midnight; over midnight where they turn."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="quiet")
    from_minute = models.PositiveSmallIntegerField()
    until_minute = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_minute__lt=1440, until_minute__lt=1440)
                & ~Q(from_minute=models.F("until_minute")),
                name="quiettime_within_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_minute} to {self.until_minute}"


class Patience(models.Model):
    """After how many minutes unread a notice goes out another way, and after how many the manager is told."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_minutes = models.PositiveSmallIntegerField(default=5)
    manager_minutes = models.PositiveSmallIntegerField(default=10)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="patience_only_one"),
            models.CheckConstraint(
                condition=Q(next_minutes__gte=1, manager_minutes__gt=models.F("next_minutes")),
                name="patience_manager_after_the_next_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.next_minutes}, {self.manager_minutes} min"
