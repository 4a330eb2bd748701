"""docs/howto/merge-duplicates, in both languages: its program is run against a server, and merges what it says."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.live_server_helper import LiveServer

from clew.access.tokens import issue
from clew.contacts.belt.suspecting import search
from clew.contacts.models import Merge, Suspect
from clew.web.permissions import TABLE
from tests.company import MONDAY_NOON, enquire, found
from tests.running import ROOT

PAGES = ("merge-duplicates.md", "merge-duplicates.zh.md")


def programs(page: str) -> list[str]:
    text = (ROOT / "docs" / "howto" / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_both_languages_show_the_same_program_and_scopes_there_are() -> None:
    assert programs(PAGES[0]) == programs(PAGES[1]) != []
    scopes = {rule.removeprefix("token:") for rules in TABLE.values() for rule in rules}
    for page in PAGES:
        text = (ROOT / "docs" / "howto" / page).read_text(encoding="utf-8")
        assert set(re.findall(r"`(duplicates:\w+)`", text)) <= scopes


@pytest.mark.django_db(transaction=True)
def test_the_program_merges_the_sure_ones_and_a_repeat_changes_nothing(
    live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = found()
    scopes = ["duplicates:read", "duplicates:write"]
    _, secret = issue(name="crm", scopes=scopes, by=company.administrator, now=MONDAY_NOON)
    monkeypatch.setenv("CLEW_ADDRESS", live_server.url)
    monkeypatch.setenv("CLEW_TOKEN", secret)
    monkeypatch.chdir(tmp_path)
    for swap in ("12", "21"):
        enquire(company.site, name="李建国", company="昆山锐达", phone=f"138123456{swap}")
        enquire(company.site, name="王红梅", phone=f"139123456{swap}")
    with transaction.atomic():
        search(MONDAY_NOON + timedelta(minutes=5))
    [program] = programs(PAGES[0])
    for _ in range(2):
        exec(compile(program, PAGES[0], "exec"), {})  # noqa: S102  it is what we publish
    assert Merge.objects.get().reason == "by program"
    assert Suspect.objects.get(state="open").score < 85
    assert json.loads((tmp_path / "merges.json").read_text()) == []
