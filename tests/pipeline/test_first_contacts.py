"""The first contacts of calls from before there was a table for them."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from clew.pipeline.models import Call, FirstContact
from tests.tally.histories import live

pytestmark = pytest.mark.django_db
FILL = import_module("clew.pipeline.migrations.0005_first_contacts").fill


def test_the_migration_finds_in_the_calls_what_the_actions_kept() -> None:
    live(0)
    kept = sorted(FirstContact.objects.values_list("lead", "tried_at", "answered_at"))
    assert len(kept) == Call.objects.values("lead").distinct().count() >= 1
    FirstContact.objects.all().delete()
    FILL(apps, SimpleNamespace(connection=connection))
    assert sorted(FirstContact.objects.values_list("lead", "tried_at", "answered_at")) == kept
    assert all(one.tried_seconds is not None for one in FirstContact.objects.all())
