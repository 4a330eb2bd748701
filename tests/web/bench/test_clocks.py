"""The bench of clocks: all that are due at once go on once, and what it tells adds up."""

from datetime import UTC, datetime

import pytest

from clew.capture.link import conninfo
from clew.pipeline.models import Clock
from clew.web.bench import clocks, company

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_clocks_due_at_once_go_on_beside_the_belt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_DATABASE_URL", conninfo())
    sources = company.found(datetime.now(UTC))
    size = clocks.Size(clocks=1_200, leads=300, reclaims=60, contacts=200)
    figures = clocks.measure(sources, size)
    assert figures["clocks"] == 1_200
    assert figures["clocks_s"] > 0
    assert figures["clocks_belt_kept"] > 0
    assert figures["reclaims_per_s"] > 0
    assert Clock.objects.filter(reclaimed_at__isnull=False).count() == 60
