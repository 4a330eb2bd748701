import pytest

from clew.base.models import Entry
from clew.contacts.actions import reveal
from clew.contacts.errors import PurposeUnknown
from clew.contacts.models import Lead
from clew.contacts.queries import contacts_by_number, identifiers, masked
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, found

pytestmark = pytest.mark.django_db


def test_numbers_are_masked_until_somebody_says_what_for_and_that_is_recorded() -> None:
    company = found()
    lead = Lead.objects.get(pk=enquire(company.site, phone="13812345678", **HOT))
    assert [masked(i) for i in identifiers(lead)] == ["138****5678"]
    shown = reveal(lead, purpose="call", actor=TESTER, now=MONDAY_NOON)
    assert shown == [("phone", "+8613812345678")]
    entry = Entry.objects.get(name="IdentifiersRevealed")
    assert (entry.subject, entry.actor_id, entry.data["purpose"]) == (lead.pk, "test", "call")
    assert "13812345678" not in str(entry.data)


def test_without_a_known_purpose_nothing_is_shown() -> None:
    company = found()
    lead = Lead.objects.get(pk=enquire(company.site, phone="13812345678", **HOT))
    with pytest.raises(PurposeUnknown):
        reveal(lead, purpose="curiosity", actor=TESTER, now=MONDAY_NOON)
    assert not Entry.objects.filter(name="IdentifiersRevealed").exists()


@pytest.mark.parametrize("text", ["5678", "138 1234 5678", "+8613812345678"])
def test_a_person_is_found_by_the_number_or_its_last_four_digits(text: str) -> None:
    company = found()
    lead = Lead.objects.get(pk=enquire(company.site, phone="13812345678", **HOT))
    assert contacts_by_number(text) == [lead.contact_id]
