"""Nothing is written but what a page asks for: each form of each page is sent with every field of every model beside (S4)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import resolve

from clew.access.models import Member
from tests.company import MONDAY_NOON
from tests.faults.plug import CLOCKED, counted, foreseen, rewind, state
from tests.fuzz.pages import Form, read
from tests.web.test_permissions import World, caller, routes, world
from tests.web.test_undo_property import undone_afterwards

__all__ = ["world"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TOKEN = "csrfmiddlewaretoken"
AT_LEAST = {"salesperson": 80, "administrator": 250}  # forms that write something
BESIDES = {  # what these take although it stands outside their form, or in one of another state
    "office:seat": {"weight", "capacity"},
    "plays:decide": {"reason"},
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
def test_what_a_page_does_not_ask_for_is_not_taken(world: World, role: str) -> None:
    client, every = caller(world, role), of_models(world.strangers["salesperson"])
    faults, written = [], 0
    with time_machine.travel(MONDAY_NOON, tick=False):
        pages = [world.path(route) for route in routes() if not route.name.startswith("api:")]
        sent = [one for page in pages for one in forms_of(client, page)]
        sequences, before = counted(), state(without=CLOCKED)
        for path, given in {repr(one): one for one in sent}.values():
            ends = []
            taken = BESIDES.get(resolve(path).view_name, set())
            for more in ({}, {name: every[name] for name in every.keys() - taken}):
                rewind(sequences)
                with undone_afterwards(), foreseen():
                    client.post(path, more | given)
                    ends.append(state(without=CLOCKED))
            written += ends[0] != before
            if ends[0] != ends[1]:
                faults.append(f"{path} {given}")
    assert not faults, "\n".join(faults)
    assert written >= AT_LEAST[role]
