"""Reads of members and teams."""

from dataclasses import dataclass

from django.db.models import QuerySet

from clew.access.models import Member, Organisation, Role, Team


def members(viewer: Member) -> QuerySet[Member]:
    """The colleagues whom `viewer` may see: managers those of their teams, administrators all."""
    everybody = Member.objects.filter(organisation=viewer.organisation_id)
    if viewer.role == Role.ADMINISTRATOR:
        return everybody
    if viewer.role == Role.MANAGER:
        return everybody.filter(memberships__team__in=teams(viewer)).distinct()
    return everybody.filter(pk=viewer.pk)


def teams(viewer: Member) -> QuerySet[Team]:
    """The teams whose work `viewer` may see: one's own, administrators all."""
    all_teams = Team.objects.filter(organisation=viewer.organisation_id)
    if viewer.role == Role.ADMINISTRATOR:
        return all_teams
    return all_teams.filter(memberships__member=viewer)


@dataclass(frozen=True, slots=True)
class Lent:
    """An account that a loaded demo lends to visitors, and what one sees with it."""

    username: str
    password: str
    says: str


def demo_accounts(language: str) -> list[Lent]:
    """The accounts that a loaded demo lends, described in a language; none otherwise."""
    kept = Organisation.objects.exclude(demo_accounts=[]).values_list("demo_accounts", flat=True)
    return [
        Lent(one["username"], one["password"], _in(one["says"], language))
        for accounts in kept
        for one in accounts
    ]


def _in(says: str | dict[str, str], language: str) -> str:
    return says if isinstance(says, str) else says.get(language) or says["en"]
