"""Who may: the people, their teams and the tokens of other systems."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower


class Organisation(models.Model):
    """A company that uses this deployment; the operator is one of them."""

    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)
    demo_accounts = models.JSONField(
        default=list, blank=True
    )  # [{username, password, says: text or {language: text}}]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member is here for; `web/permissions.py` says what each may do."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    SALESPERSON = "salesperson"


class MemberManager(BaseUserManager["Member"]):
    """Finds members for Django's sign-in."""

    def get_by_natural_key(self, username: str | None) -> "Member":
        """Find by user name, whatever its case."""
        return self.get(username__iexact=username)


class Member(AbstractBaseUser):
    """A person who signs in."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="members")
    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=20, choices=Role)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, blank=True)
    has_shortcuts = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="member_username_any_case"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_known_role"),
        ]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """People who share one kind of work."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="teams")
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint("organisation", "name", name="team_unique_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A member belongs to a team; managers see what their teams hold."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "member", name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.team_id}"


class Token(models.Model):
    """Lets another system in. Only a digest of the secret is kept; it is shown once."""

    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(Member, models.PROTECT, related_name="tokens")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                name="token_revoked_after_creation",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Attempt(models.Model):
    """A failed sign-in, counted against an account, a known device or an address, by digest."""

    id = models.BigAutoField(primary_key=True)
    bucket = models.BinaryField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["bucket", "at"], name="attempt_of_bucket")]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class Sent(models.Model):
    """A page's form that has had its effect, so that a double click has it once."""

    nonce = models.UUIDField(primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.nonce)
