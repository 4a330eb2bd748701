"""Members and teams for tests, made by the actions."""

from datetime import UTC, datetime

from clew.access import actions
from clew.access.models import Member, Organisation, Team
from clew.base.ledger import Actor

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEST = Actor("system", "test")
PASSWORD = "three blue herons"


def organisation() -> Organisation:
    found, _ = Organisation.objects.get_or_create(name="启衡工控")
    return found


def member(username: str, role: str = "salesperson", *teams: Team) -> Member:
    newcomer = actions.Newcomer(username, username.title(), role, PASSWORD)
    made = actions.add_member(organisation(), newcomer, actor=TEST, now=NOW)
    for team in teams:
        actions.join(team, made, actor=TEST, now=NOW)
    return made


def team(name: str) -> Team:
    return actions.add_team(organisation(), name=name, actor=TEST, now=NOW)
