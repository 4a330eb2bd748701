"""The only writers of members and teams."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clew.access import events
from clew.access.errors import (
    AlreadySent,
    FormTooOld,
    LastAdministrator,
    NameMissing,
    PasswordUnfit,
    PasswordWrong,
    RoleUnknown,
    TeamNameTaken,
    UsernameTaken,
)
from clew.access.models import Member, Membership, Organisation, Role, Sent, Team
from clew.base.bulk import delete_some
from clew.base.ledger import Actor, append

THEMES = ("", "light", "dark")
KEPT = timedelta(days=2)  # how long a form may be sent again without a second effect


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What an account needs; e-mail may be empty."""

    username: str
    name: str
    role: str
    password: str
    email: str = ""


def found(name: str) -> Organisation:
    """Make the operator of a new deployment."""
    return Organisation.objects.create(name=name)


def add_member(
    organisation: Organisation, newcomer: Newcomer, *, actor: Actor, now: datetime
) -> Member:
    """Make an account. Raises UsernameTaken, PasswordUnfit, RoleUnknown, NameMissing."""
    if newcomer.role not in Role.values:
        raise RoleUnknown
    if not newcomer.username.strip() or not newcomer.name.strip():
        raise NameMissing
    member = Member(
        organisation=organisation,
        username=newcomer.username.strip(),
        name=newcomer.name.strip(),
        email=newcomer.email.strip(),
        role=newcomer.role,
        joined_at=now,
    )
    _set(member, newcomer.password)
    try:
        with transaction.atomic():
            member.save()
            append(events.MemberAdded(member.pk, member.role), actor=actor, at=now)
    except IntegrityError as taken:
        raise UsernameTaken from taken
    return member


@transaction.atomic
def deactivate(member: Member, *, actor: Actor, now: datetime) -> None:
    """Close an account and end its sessions. Raises LastAdministrator. Repeating it does nothing."""
    administrators = Member.objects.select_for_update().filter(
        role=Role.ADMINISTRATOR, is_active=True
    )
    others = [a for a in administrators if a.pk != member.pk]
    if member.role == Role.ADMINISTRATOR and not others:
        raise LastAdministrator
    closed = Member.objects.filter(pk=member.pk, is_active=True).update(
        is_active=False, left_at=now
    )
    if closed:
        left = events.MemberLeft(member.pk)
        append(left, actor=actor, at=now)


@transaction.atomic
def reactivate(member: Member, *, actor: Actor, now: datetime) -> None:
    """Open a closed account again; its seats come back by joining teams anew."""
    opened = Member.objects.filter(pk=member.pk, is_active=False).update(
        is_active=True, left_at=None
    )
    if opened:
        returned = events.MemberReturned(member.pk)
        append(returned, actor=actor, at=now)


@transaction.atomic
def set_password(member: Member, password: str, *, actor: Actor, now: datetime) -> None:
    """Set a password; sessions under the old one end. Raises PasswordUnfit."""
    _set(member, password)
    member.save(update_fields=["password"])
    append(events.PasswordSet(member.pk), actor=actor, at=now)


def change_password(member: Member, *, present: str, password: str, now: datetime) -> None:
    """Let members set their own. Raises PasswordWrong, PasswordUnfit."""
    if not member.check_password(present):
        raise PasswordWrong
    set_password(member, password, actor=Actor("member", str(member.pk)), now=now)


def add_team(organisation: Organisation, *, name: str, actor: Actor, now: datetime) -> Team:
    """Make a team. Raises NameMissing, TeamNameTaken."""
    if not name.strip():
        raise NameMissing
    try:
        with transaction.atomic():
            team = Team.objects.create(organisation=organisation, name=name.strip())
            append(events.TeamAdded(team.pk), actor=actor, at=now)
    except IntegrityError as taken:
        raise TeamNameTaken from taken
    return team


@transaction.atomic
def join(team: Team, member: Member, *, actor: Actor, now: datetime) -> Membership:
    """Bring a member into a team; repeating it does nothing."""
    membership, is_new = Membership.objects.get_or_create(team=team, member=member)
    if is_new:
        joined = events.TeamJoined(member.pk, team.pk)
        append(joined, actor=actor, at=now)
    return membership


@transaction.atomic
def leave(team: Team, member: Member, *, actor: Actor, now: datetime) -> None:
    """Take a member out of a team; repeating it does nothing."""
    gone, _ = Membership.objects.filter(team=team, member=member).delete()
    if gone:
        left = events.TeamLeft(member.pk, team.pk)
        append(left, actor=actor, at=now)


def prefer(member: Member, *, language: str | None = None, theme: str | None = None) -> None:
    """Keep a member's language and theme ("" follows the browser). What is unknown is left alone."""
    if language in dict(settings.LANGUAGES):
        Member.objects.filter(pk=member.pk).update(language=language)
    if theme in THEMES:
        Member.objects.filter(pk=member.pk).update(theme=theme)


def set_shortcuts(member: Member, *, are_on: bool) -> None:
    """Let single keys act on a member's pages, or not."""
    Member.objects.filter(pk=member.pk).update(has_shortcuts=are_on)


def send_once(nonce: str, *, now: datetime) -> None:
    """Claim a form's nonce inside the caller's transaction. Raises AlreadySent, FormTooOld.

    A second click waits here until the first has committed, and then finds the row.
    """
    try:
        key = UUID(nonce)
    except ValueError as damaged:
        raise FormTooOld from damaged
    Sent.objects.filter(at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            Sent.objects.create(nonce=key, at=now)
    except IntegrityError as repeated:
        raise AlreadySent from repeated


def drop_sent(before: datetime, most: int) -> int:
    """Delete nonces of forms sent before a time, at most so many. Returns how many."""
    return delete_some("access_sent", "at < %s", [before], most)


def drop_attempts(before: datetime, most: int) -> int:
    """Delete failed sign-ins from before a time, at most so many. Returns how many."""
    return delete_some("access_attempt", "at < %s", [before], most)


def drop_sessions(before: datetime, most: int) -> int:
    """Delete browser sessions that ended before a time, at most so many. Returns how many."""
    return delete_some("django_session", "expire_date < %s", [before], most)


def _set(member: Member, password: str) -> None:
    try:
        validate_password(password, member)
    except ValidationError as unfit:
        raise PasswordUnfit(reasons=unfit.messages) from unfit
    member.set_password(password)
