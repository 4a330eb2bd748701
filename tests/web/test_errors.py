"""What people and programs see when something does not work."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client
from django.utils.translation import gettext, override

from clew.access.models import Member
from clew.errors import ClewError, Missing
from clew.web import errors, logs
from tests.access.make import member
from tests.company import COLD, enquire, found

pytestmark = pytest.mark.django_db
SECRET = "password=hunter2 host=10.0.0.5"


@pytest.fixture
def browser() -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(member("anna", "administrator"))
    return client


@contextmanager
def no_database() -> Iterator[None]:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError(SECRET)

    with connection.execute_wrapper(refuse):
        yield


def test_without_a_database_a_page_says_so_and_gives_nothing_away(browser: Client) -> None:
    with no_database():
        answer = browser.get("/me")
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Nothing was stored" in page
    assert "hunter2" not in page
    assert 'href="/me"' in page


def test_without_a_database_what_was_typed_can_be_sent_again(browser: Client) -> None:
    typed = {"name": "张三", "message": "<b>400W</b>\n伺服", "password": "three blue herons"}
    with no_database():
        page = browser.post("/add/save", typed).content.decode()
    assert '<textarea name="name" hidden>张三</textarea>' in page
    assert "&lt;b&gt;400W" in page
    assert 'action="/add/save"' in page
    assert "herons" not in page


def test_without_a_database_a_program_gets_a_problem() -> None:
    client = Client(headers={"authorization": "Bearer clew_x"}, raise_request_exception=False)
    with no_database():
        answer = client.get("/api/v1/leads/0193577e-6d2a-7c4e-9a1b-2f6d1c0e8a55")
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert b"hunter2" not in answer.content


def test_a_database_that_goes_away_before_the_session_is_saved_is_no_bad_request() -> None:
    company = found()
    pooled = enquire(company.site, phone="13812345678", **COLD)
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(company.administrator)  # has no seat, which is a message in the session
    assert client.post(f"/leads/{pooled}/claim").status_code == 302
    with patch.object(Session, "save", side_effect=OperationalError(SECRET)):
        assert client.post(f"/leads/{pooled}/claim").status_code == 503


def test_a_broken_page_shows_a_reference_and_nothing_of_its_inside(browser: Client) -> None:
    with patch("clew.web.office.preferences.render", side_effect=RuntimeError(SECRET)):
        answer = browser.get("/me")
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in answer.content.decode()
    assert b"hunter2" not in answer.content
    assert b"RuntimeError" not in answer.content


def test_an_error_of_ours_is_shown_in_the_readers_language(browser: Client) -> None:
    with patch("clew.web.office.preferences.render", side_effect=Missing):
        assert "Nothing here" in browser.get("/me").content.decode()
        Member.objects.update(language="zh-hans")
        assert "这里没有东西" in browser.get("/me").content.decode()


def test_a_wrong_method_is_a_page_that_says_what_is_possible(browser: Client) -> None:
    answer = browser.get("/sign-out")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "use the buttons" in answer.content.decode()


def test_an_old_form_is_told_to_open_the_page_again() -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = strict.post("/sign-in", {"login": "anna"})
    assert answer.status_code == 403
    assert "Open the page again" in answer.content.decode()


def test_who_was_signed_out_while_writing_is_not_sent_away(client: Client) -> None:
    answer = client.post("/me/password", {}, headers={"accept-language": "en"})
    assert answer.status_code == 401
    assert "Sign in" in answer.content.decode()


def test_a_script_that_fetches_is_answered_in_json(client: Client) -> None:
    answer = client.get("/me", headers={"accept": "application/json", "sec-fetch-dest": "empty"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_hostile_host_is_refused() -> None:
    answer = Client(headers={"host": "evil.example"}).get("/sign-in")
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_the_log_is_json_and_holds_no_text_of_an_exception() -> None:
    logs.reference.set("abc")
    with pytest.raises(OperationalError) as caught, no_database():
        Member.objects.count()
    info = (caught.type, caught.value, caught.tb)
    record = logging.getLogger("x").makeRecord("x", logging.ERROR, "", 1, "broken", (), info)
    line = json.loads(logs.Json().format(record))
    assert (line["error"], line["reference"]) == ("OperationalError", "abc")
    assert "hunter2" not in json.dumps(line)


def kinds(root: type[ClewError]) -> list[type[ClewError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in kinds(child))]


def is_shown_on_pages(kind: type[ClewError]) -> bool:
    """Errors of `clew.web`'s commands have the terminal's own catalogue."""
    return kind.__module__.startswith("clew.") and (
        kind.__module__ == errors.__name__ or not kind.__module__.startswith("clew.web.")
    )


def test_every_error_speaks_chinese_too() -> None:
    assert errors.Broken in kinds(ClewError)
    with override("zh-hans"):
        silent = [
            f"{kind.__module__}.{kind.__name__}"
            for kind in kinds(ClewError)
            if is_shown_on_pages(kind)
            and gettext((kind.__doc__ or "").strip()) == (kind.__doc__ or "").strip()
        ]
    assert not silent
