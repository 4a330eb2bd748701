"""Losses that several draw at the same moment: each is drawn once, and a double click is one draw."""

import pytest

from clew.pipeline.reviews.models import Review, Sample
from tests.company import found
from tests.pipeline.reviews.test_reviews import drawn, lost
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("seeds", "samples"), [(("a", "a", "a"), 1), (("a", "b", "c"), 3)])
def test_no_loss_is_drawn_twice(seeds: tuple[str, ...], samples: int) -> None:
    at = found((1,))
    lost(at, 9)
    assert not at_once(*(lambda s=s: drawn(at, 3, s) for s in seeds))
    assert Sample.objects.count() == samples
    leads = list(Review.objects.values_list("lead_id", flat=True))
    assert len(set(leads)) == len(leads) == 3 * samples
