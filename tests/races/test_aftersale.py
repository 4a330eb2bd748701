"""What a customer or the flow does twice at the same moment is done once."""

from datetime import timedelta

import pytest

from clew.base.models import Entry
from clew.handoff.actions.leads import close
from clew.pipeline.aftersale.actions import answering, caring
from clew.pipeline.aftersale.links import token_of
from clew.pipeline.aftersale.models import CareStep, Survey
from tests.company import TESTER
from tests.pipeline.desk import NOON, Desk, desk
from tests.races.threads import overlapping

pytestmark = pytest.mark.django_db(transaction=True)


def won() -> Desk:
    at = desk()
    close(at.lead_id, reason="won", actor=TESTER, now=NOON)
    return at


def test_a_sale_that_two_hear_of_at_once_is_looked_after_once() -> None:
    at = won()

    def begin() -> None:
        caring.begin(at.lead_id, NOON)

    assert not overlapping(begin, begin)
    assert set(CareStep.objects.values_list("kind", flat=True)) == {"check", "ask"}
    assert CareStep.objects.count() == 2


def test_a_mark_that_is_tapped_twice_at_once_is_one() -> None:
    at = won()
    caring.begin(at.lead_id, NOON)
    step = CareStep.objects.get(kind="ask")
    token = token_of(caring.ask(step.pk, member=at.holder, now=NOON))

    def tap() -> None:
        answering.rate(token, 2, now=NOON + timedelta(hours=1))

    assert not overlapping(tap, tap)
    assert Survey.objects.get().mark == 2
    assert Entry.objects.filter(name="SatisfactionTold").count() == 1
