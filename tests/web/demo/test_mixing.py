"""The demo is for an empty system alone."""

import pytest

from clew.web.demo import load
from clew.web.demo.errors import NotEmpty
from tests.company import MONDAY_NOON, found


@pytest.mark.django_db
def test_the_demo_does_not_mix_with_a_company_that_is_there() -> None:
    found()
    with pytest.raises(NotEmpty):
        load(MONDAY_NOON, days=12)
