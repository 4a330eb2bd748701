"""A search by letters finds exactly the names and companies that hold them, whatever the index cannot know."""

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clew.base.ids import uuid7
from clew.contacts.lettering import letters, says
from clew.contacts.models import Contact
from tests.company import MONDAY_NOON, enquire
from tests.company import found as company

WORDS = st.text("aB张三司%_\\ ", min_size=1, max_size=5)


class TestLettering(TestCase):
    """Small alphabets, so that the same letters come in another order."""

    @settings(max_examples=150)
    @example(name="Ba张aB", firm="", words="aBa")  # each two letters of it, and not the three
    @given(name=WORDS, firm=WORDS, words=WORDS)
    def test_found_is_what_holds_the_words_in_their_order(
        self, name: str, firm: str, words: str
    ) -> None:
        found_by = letters(name, firm)
        Contact.objects.create(
            id=uuid7(), name=name, company=firm, **found_by, created_at=MONDAY_NOON
        )
        is_held = words.lower() in name.lower() or words.lower() in firm.lower()
        assert Contact.objects.filter(says(words)).exists() == is_held


@pytest.mark.django_db
def test_a_search_for_letters_can_go_along_the_index() -> None:
    enquire(company().site, phone="13800005555", name="张三", company="锐达机械厂")
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    assert "contact_letter_pairs" in Contact.objects.filter(says("达机")).explain()
    assert Contact.objects.filter(says("达机")).exists()
