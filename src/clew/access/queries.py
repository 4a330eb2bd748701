"""Reads of members and teams."""

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


def demo_accounts() -> list[dict[str, str]]:
    """The accounts that a loaded demo lends to visitors; none otherwise."""
    found: list[dict[str, str]] = []
    for accounts in Organisation.objects.exclude(demo_accounts=[]).values_list(
        "demo_accounts", flat=True
    ):
        found += accounts
    return found
