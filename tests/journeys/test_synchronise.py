"""docs/howto/synchronise, in both languages: its snippets are run against a server, and the copy is right."""

import io
import json
import re
import shlex
import urllib.request
from datetime import timedelta
from os.path import expandvars
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from pytest_django.live_server_helper import LiveServer

from clew.access.tokens import issue
from clew.contacts.models import Contact, Lead
from clew.handoff.actions.leads import close
from clew.handoff.models import Placement
from clew.web.flow import undo
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.running import ROOT

FOLDER = ROOT / "docs" / "howto"
PAGES = {"en": "synchronise.md", "zh": "synchronise.zh.md"}
CATALOGUES = list(ROOT.glob("src/clew/*/locale/zh_Hans/LC_MESSAGES/django.po"))
QUOTED = {"en": r"(?<!\*)\*([^*\n]+)\*(?!\*)", "zh": "“([^”]+)”"}


def howto(language: str) -> str:
    return (FOLDER / PAGES[language]).read_text(encoding="utf-8")


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", howto(language), re.MULTILINE | re.DOTALL)


@pytest.fixture
def company(live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    company = found()
    by = company.administrator
    _, secret = issue(name="crm", scopes=["leads:read"], by=by, now=MONDAY_NOON)
    monkeypatch.setenv("CLEW_ADDRESS", live_server.url)
    monkeypatch.setenv("CLEW_TOKEN", secret)
    monkeypatch.chdir(tmp_path)
    return company


@pytest.mark.django_db(transaction=True)
def test_the_script_keeps_a_copy_up_to_date(company: Company, tmp_path: Path) -> None:
    [script] = blocks("en", "python")

    def run() -> dict[str, dict[str, Any]]:
        exec(compile(script, "synchronise.md", "exec"), {})  # noqa: S102  it is what we publish
        kept: dict[str, dict[str, Any]] = json.loads((tmp_path / "copy.json").read_text())["rows"]
        return kept

    first, second = (enquire(company.site, phone=f"1381234567{n}", **HOT) for n in (1, 2))
    assert set(run()["lead"]) == {str(first), str(second)}
    undo([first], MONDAY_NOON + timedelta(hours=1))
    close(second, reason="won", actor=TESTER, now=MONDAY_NOON)
    third = enquire(company.fair, phone="13812345673")
    kept = run()
    assert set(kept["lead"]) == {str(second), str(third)}
    assert kept["lead"][str(second)]["place"]["kind"] == "closed"
    for kind, model in (("contact", Contact), ("placement", Placement), ("lead", Lead)):
        assert set(kept[kind]) == {str(pk) for pk in model.objects.values_list("pk", flat=True)}


@pytest.mark.django_db(transaction=True)
def test_the_first_look_answers(company: Company) -> None:
    enquire(company.site, phone="13812345671", **HOT)
    [line] = blocks("en", "sh")
    words = shlex.split(expandvars(line))
    assert words[:2] == ["curl", "-H"]
    name, _, value = words[2].partition(": ")
    request = urllib.request.Request(words[3], headers={name: value})  # noqa: S310  our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        assert json.load(answer).keys() == {"items", "next_cursor", "has_more"}


def test_both_languages_show_the_same_code() -> None:
    for kind in ("python", "sh"):
        assert blocks("en", kind) == blocks("zh", kind) != []


@pytest.mark.parametrize("language", PAGES)
def test_what_it_quotes_stands_on_the_pages(language: str) -> None:
    entries = [m for po in CATALOGUES for m in read_po(io.BytesIO(po.read_bytes())) if m.id]
    known = {str(m.id if language == "en" else m.string) for m in entries}
    text = re.sub(r"```.*?```", "", howto(language), flags=re.DOTALL)
    assert set(re.findall(QUOTED[language], text)) - known == set()
