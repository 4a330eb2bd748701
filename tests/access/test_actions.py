"""Members and teams."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from clew.access import actions, errors
from clew.access.models import Member, Role, Sent
from clew.access.queries import members, teams
from clew.access.tokens import issue, revoke
from clew.base.models import Entry, Outbox
from tests.access.make import NOW, PASSWORD, TEST, member, organisation, team

pytestmark = pytest.mark.django_db
NEW = "new pass phrase"


def test_a_password_has_12_to_128_characters_of_any_kind() -> None:
    anna = member("anna")
    for unfit in ("short", "x" * 129, "1q2w3e4r5t6y"):
        with pytest.raises(errors.PasswordUnfit):
            actions.set_password(anna, unfit, actor=TEST, now=NOW)
    for fit in ("三只蓝色苍鹭在雨中慢慢走", "a b c d e f g", "é" * 128):
        actions.set_password(anna, fit, actor=TEST, now=NOW)
        assert Member.objects.get(pk=anna.pk).check_password(fit)


def test_passwords_are_kept_as_argon2id() -> None:
    assert member("anna").password.startswith("argon2$argon2id$")


def test_a_username_is_taken_whatever_its_case() -> None:
    member("anna")
    with pytest.raises(errors.UsernameTaken):
        member("ANNA")


@pytest.mark.parametrize(
    ("username", "name", "role", "error"),
    [
        ("", "Anna", "manager", errors.NameMissing),
        ("anna", " ", "manager", errors.NameMissing),
        ("anna", "Anna", "king", errors.RoleUnknown),
    ],
)
def test_a_member_needs_names_and_a_known_role(
    username: str, name: str, role: str, error: type[Exception]
) -> None:
    newcomer = actions.Newcomer(username, name, role, PASSWORD)
    with pytest.raises(error):
        actions.add_member(organisation(), newcomer, actor=TEST, now=NOW)


def test_who_leaves_is_signed_out_and_the_flow_is_told_once(client: Client) -> None:
    anna = member("anna")
    client.force_login(anna)
    actions.deactivate(anna, actor=TEST, now=NOW)
    actions.deactivate(anna, actor=TEST, now=NOW)
    assert Outbox.objects.filter(entry__name="MemberLeft").count() == 1
    assert client.get("/me").status_code == 302


def test_the_last_administrator_stays() -> None:
    boss = member("boss", Role.ADMINISTRATOR)
    with pytest.raises(errors.LastAdministrator):
        actions.deactivate(boss, actor=TEST, now=NOW)
    member("second", Role.ADMINISTRATOR)
    actions.deactivate(boss, actor=TEST, now=NOW)
    assert not Member.objects.get(pk=boss.pk).is_active


def test_who_left_can_come_back() -> None:
    anna = member("anna")
    actions.deactivate(anna, actor=TEST, now=NOW)
    anna.refresh_from_db()
    actions.reactivate(anna, actor=TEST, now=NOW)
    anna.refresh_from_db()
    assert anna.is_active
    assert anna.left_at is None


def test_a_new_password_needs_the_present_one() -> None:
    anna = member("anna")
    with pytest.raises(errors.PasswordWrong):
        actions.change_password(anna, present="guessed", password=NEW, now=NOW)
    actions.change_password(anna, present=PASSWORD, password=NEW, now=NOW)
    assert Member.objects.get(pk=anna.pk).check_password(NEW)


def test_a_team_name_is_used_once() -> None:
    team("线上")
    with pytest.raises(errors.TeamNameTaken):
        team("线上")
    with pytest.raises(errors.NameMissing):
        team(" ")


def test_managers_see_their_teams_and_administrators_all() -> None:
    north, south = team("North"), team("South")
    anna = member("anna", "salesperson", north)
    ben = member("ben", "salesperson", south)
    chen = member("chen", "manager", north)
    boss = member("boss", "administrator")
    assert set(members(chen)) == {anna, chen}
    assert set(members(boss)) == {anna, ben, chen, boss}
    assert set(members(ben)) == {ben}
    assert set(teams(chen)) == {north}
    assert set(teams(boss)) == {north, south}


def test_the_ledger_holds_no_names() -> None:
    member("zhang.wei@example.com")
    entry = Entry.objects.get(name="MemberAdded")
    assert "zhang" not in str(entry.data)


def test_leaving_a_team_twice_is_noted_once() -> None:
    north = team("North")
    anna = member("anna", "salesperson", north)
    actions.leave(north, anna, actor=TEST, now=NOW)
    actions.leave(north, anna, actor=TEST, now=NOW)
    assert Entry.objects.filter(name="TeamLeft").count() == 1


def test_a_nonce_counts_once_and_is_forgotten_after_two_days() -> None:
    nonce = str(uuid4())
    actions.send_once(nonce, now=NOW)
    with pytest.raises(errors.AlreadySent):
        actions.send_once(nonce, now=NOW)
    actions.send_once(str(uuid4()), now=NOW + timedelta(days=3))
    assert Sent.objects.count() == 1


def test_tokens_leave_a_trace_in_the_ledger() -> None:
    boss = member("boss", "administrator")
    token, secret = issue(name="shop", scopes=["leads:write"], by=boss, now=NOW)
    for _ in range(2):
        revoke(token.pk, by=boss, now=NOW)
    entries = Entry.objects.filter(name__startswith="Token").order_by("pk")
    assert [entry.name for entry in entries] == ["TokenIssued", "TokenRevoked"]
    assert secret not in str(list(entries.values()))
