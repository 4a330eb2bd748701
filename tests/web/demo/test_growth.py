"""A demo that grows: as many leads as wanted, in more branches, each with a history that adds up."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from clew.access.models import Member, Team
from clew.base.models import Entry
from clew.base.sealing import unseal
from clew.capture.models import Submission
from clew.capture.schemas import decode_body
from clew.contacts.lettering import letters
from clew.contacts.models import Contact, Identifier, Lead
from clew.handoff.models import Placement, Round, Seat
from clew.handoff.queries import recomputed_equal
from clew.tally.queries import account, breaches
from clew.web.demo import SEED, growth, load
from clew.web.demo.growth import grow
from clew.web.demo.removal import remove
from tests.kept import kept
from tests.web.demo.test_demo import DAYS, SUNDAY_AT_THREE

BEGIN = SUNDAY_AT_THREE - timedelta(days=DAYS)
SIZE = 700

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "LEADS_PER_BRANCH", SIZE // 3)
        patch.setattr(growth, "TELLINGS_AT_ONCE", 2)
        yield


@pytest.fixture(scope="module")
def grown(
    _small: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[int]]:
    """A demo that grew to three branches, and what it told on the way."""
    counts: list[int] = []
    with kept(django_db_blocker):
        load(SUNDAY_AT_THREE, DAYS)
        assert grow(SIZE, BEGIN, SEED, counts.append) == Lead.objects.count()
        yield counts


@pytest.fixture
def told(grown: list[int]) -> list[int]:
    """The same, for a test that lets it grow on."""
    return list(grown)


def test_it_has_as_many_leads_as_asked_for_and_stays_so(told: list[int]) -> None:
    count = Lead.objects.count()
    assert SIZE <= count < SIZE * 1.2
    assert told == sorted(told)
    assert told[-1] == count
    assert grow(SIZE, BEGIN, SEED, told.append) == count == Lead.objects.count()


def test_what_was_interrupted_goes_on_with_other_weeks(told: list[int]) -> None:
    before = set(Lead.objects.values_list("opened_at", flat=True))
    grow(2 * SIZE, BEGIN, SEED, told.append)
    assert Team.objects.count() == 6
    assert Lead.objects.exclude(opened_at__in=before).count() > SIZE / 2


@pytest.mark.usefixtures("grown")
def test_everybody_is_found_by_their_letters() -> None:
    for one in Contact.objects.all():
        held = {"initials": one.initials, "pairs": one.pairs}
        assert held == letters(one.name, one.company)


@pytest.mark.usefixtures("grown")
def test_the_books_of_all_branches_balance() -> None:
    assert account(Member.objects.get(username="admin")).is_balanced
    found = breaches()
    assert not any(getattr(found, name) for name in found.__slots__)
    for seat in Seat.objects.all():
        assert seat.open_count == Placement.objects.filter(seat=seat, closed_at=None).count()
    assert Seat.objects.filter(team__name__startswith="天津", open_count__gt=0).exists()
    connection.check_constraints()


@pytest.mark.usefixtures("grown")
def test_every_decision_is_the_same_when_it_is_made_again() -> None:
    rounds = list(Round.objects.all())
    assert len(rounds) > SIZE / 10
    assert all(recomputed_equal(one) for one in rounds)


@pytest.mark.usefixtures("grown")
def test_every_lead_has_a_history_of_its_own_without_a_gap() -> None:
    for lead in Lead.objects.prefetch_related("placements"):
        stays = sorted(lead.placements.all(), key=lambda p: p.pk)
        assert all(before.closed_at == after.opened_at for before, after in pairwise(stays))
        assert stays[-1].closed_at is None
    opened = Entry.objects.filter(name="LeadOpened")
    assert opened.count() == opened.values("subject").distinct().count() == Lead.objects.count()
    assert {entry.data["contact_id"] for entry in opened} == {
        str(pk) for pk in Lead.objects.values_list("contact", flat=True)
    }


@pytest.mark.usefixtures("grown")
def test_what_was_sent_names_the_person_who_can_be_reached_by_it() -> None:
    for lead in Lead.objects.select_related("contact", "submission")[:200]:
        sealed = bytes(lead.submission.body)
        said = decode_body(unseal(sealed, b"submission:" + lead.pk.bytes)).lead
        assert (said.name or "", said.company) == (lead.contact.name, lead.contact.company)
        ways = {
            unseal(bytes(way.sealed), b"identifier:" + way.contact_id.bytes).decode()
            for way in Identifier.objects.filter(contact=lead.contact)
        }
        assert ways <= {f"+86{said.phone}", said.email, said.wechat}


@pytest.mark.usefixtures("grown")
def test_all_of_it_can_be_removed() -> None:
    remove()
    for model in (Submission, Contact, Lead, Placement, Member, Round, Team):
        assert not model.objects.exists(), model
    connection.check_constraints()
