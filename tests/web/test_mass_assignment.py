"""Each form of each page is sent: nothing is written but what it asks for (S4), and nothing without an entry in the ledger."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import models
from django.db.models import Max
from django.test import Client
from django.urls import resolve

from clew.access.models import Member
from clew.base.models import Entry
from tests.company import MONDAY_NOON
from tests.faults.plug import CLOCKED, counted, foreseen, rewind, state
from tests.fuzz.pages import Form, read
from tests.web.test_permissions import World, caller, routes, world
from tests.web.test_undo_property import undone_afterwards

__all__ = ["world"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TOKEN = "csrfmiddlewaretoken"
AT_LEAST = {"salesperson": 30, "administrator": 125}  # forms that write something
BESIDES = {  # what these take although it stands outside their form, or in one of another state
    "office:seat": {"weight", "capacity"},
    "plays:decide": {"reason"},
}
UNTOLD = {  # what concerns nobody but who sends it
    "office:shortcuts",
    "pipeline:begin_with",
    "pipeline:bulk",
    "pipeline:bulk_edits",  # both tell of each lead once its turn comes
    "pipeline:dismiss_stray",
    "preferences",
}
LEFT_OUT = {
    "account_logout",
    "office:create_token",
}  # after the one nobody is in, of the other no two are alike


def forms_of(client: Client, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the forms of a page that are sent by POST, filled in as the page has them."""
    answer = client.get(path)
    if answer.status_code == 200 and "html" in answer.get("Content-Type", ""):
        for form in read("", path, answer.text).forms:
            if form.method == "POST" and resolve(form.action).view_name not in LEFT_OUT:
                yield form.action, _filled(form)


def _filled(form: Form) -> dict[str, str]:
    return {
        one.name: (one.value or next(filter(None, one.options), b"") or "甲".encode()).decode()
        for one in form.fields.values()
        if one.name != TOKEN
    }


def _but_next(path: str, given: dict[str, str]) -> tuple[str, ...]:
    """Tell forms apart, but not by the page that one goes on to: each page has those of the corner."""
    return path, *(f"{name}={value}" for name, value in given.items() if name != "next")


def of_models(stranger: Member) -> dict[str, str]:
    """Give every field of every model with something that it could hold."""
    return {
        name: _worth(one, stranger)
        for model in apps.get_models()
        for one in model._meta.concrete_fields
        for name in (one.name, one.attname)
    }


def _worth(one: "models.Field[Any, Any]", stranger: Member) -> str:
    if one.is_relation and one.related_model is Member:
        return str(stranger.pk)
    if one.choices:
        return str(list(one.flatchoices)[-1][0])
    by_kind = {models.BooleanField: "on", models.DateTimeField: "2031-01-01T08:00"}
    return by_kind.get(type(one), "1")


@pytest.mark.parametrize("role", AT_LEAST)
def test_a_form_writes_only_what_it_asks_for_and_tells_the_ledger(world: World, role: str) -> None:
    client, every = caller(world, role), of_models(world.strangers["salesperson"])
    taken_beside, untold, written = [], [], 0
    own = {"actor_kind": "member", "actor_id": client.session["_auth_user_id"]}
    with time_machine.travel(MONDAY_NOON, tick=False):
        pages = [world.path(route) for route in routes() if not route.name.startswith("api:")]
        sent = [one for page in pages for one in forms_of(client, page)]
        newest = Entry.objects.aggregate(Max("pk", default=0))["pk__max"]
        sequences, before = counted(), state(without=CLOCKED)
        for path, given in {_but_next(*one): one for one in sent}.values():
            view, ends, told = resolve(path).view_name, [], []
            taken = BESIDES.get(view, set())
            for more in ({}, {name: every[name] for name in every.keys() - taken}):
                rewind(sequences)
                with undone_afterwards(), foreseen():
                    client.post(path, more | given)
                    ends.append(state(without=CLOCKED))
                    told.append(Entry.objects.filter(pk__gt=newest, **own).exists())
            if ends[0] != ends[1]:
                taken_beside.append(f"{path} {given}")
            changed = {table for table in before if ends[0][table] != before[table]}
            written += bool(changed)
            if changed - {"django_session"} and view not in UNTOLD and not told[0]:
                untold.append(f"{view} {path} {given} writes {changed}")
    assert not taken_beside, "\n".join(taken_beside)
    assert not untold, "\n".join(untold)
    assert written >= AT_LEAST[role]
