import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from clew.grading.models import Grade
from clew.handoff.actions.routing import publish_draft, write_draft
from clew.handoff.models import Round, Route, Seat
from clew.handoff.queries import known
from clew.handoff.routing import Rule
from clew.web import doctor, findings
from clew.web.exporting import OutUnwritable
from tests.company import HOT, MONDAY_NOON, enquire, found, submit

pytestmark = pytest.mark.django_db
DAY = ["--day", "2026-11-23T00:00+08:00", "--json"]


def asked(
    capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, dict[str, dict[str, int]]]:
    code = doctor.main([*options, *DAY])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_well_kept_company_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    company = found(weights=(2, 1))
    for n in range(6):
        enquire(company.site, phone=f"1381234567{n}", **HOT)
    code, told = asked(capsys, "--ledger", "--decisions")
    assert code == 0
    assert told["decisions"] == {"recomputed": 12, "different": 0}
    assert told["ledger"]["is_balanced"]


def test_one_altered_input_of_one_decision_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    company = found(weights=(1, 1))
    enquire(company.site, phone="13812345678", **HOT)
    decided = Round.objects.get()
    winner = decided.placements.get().seat_id
    seat = next(s for s in decided.seats if s[0] == winner)
    seat[2] = 0
    decided.save()
    grade = Grade.objects.get()
    grade.facts["quantity"] = 0
    grade.save()
    code, told = asked(capsys, "--decisions")
    assert (code, told["decisions"]["different"]) == (1, 2)


def test_a_team_that_another_rule_would_have_chosen_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    company = found()
    rules = [Rule("", company.offline.pk, levels=[1]), Rule("", company.online.pk)]
    write_draft(rules, edition=1, member=company.manager, now=MONDAY_NOON)
    publish_draft(edition=2, known=known(), member=company.manager, now=MONDAY_NOON)
    enquire(company.site, phone="13812345678", **HOT)
    assert asked(capsys, "--decisions")[1]["decisions"] == {"recomputed": 3, "different": 0}
    Route.objects.update(rule=0)
    code, told = asked(capsys, "--decisions")
    assert (code, told["decisions"]["different"]) == (1, 1)


def test_books_that_somebody_wrote_past_the_actions_are_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    company = found()
    enquire(company.site, phone="13812345678", **HOT)
    Seat.objects.filter(open_count=1).update(open_count=2, credit=5)
    code, told = asked(capsys, "--ledger")
    assert code == 1
    assert told["ledger"]["seats_miscounted"] == 1
    assert told["ledger"]["teams_with_credit_left"] == 1


def test_without_a_day_the_last_day_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    company = found()
    enquire(company.site, datetime.now(UTC), phone="13812345678", **HOT)
    assert doctor.main(["--decisions"]) == 0
    assert "All well." in capsys.readouterr().out


def test_a_server_that_may_forget_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit = off")
    monkeypatch.setenv("CLEW_TIME_ZOME", "Asia/Shanghai")
    code, told = asked(capsys, "--settings")
    assert code == 1
    assert "PostgreSQL synchronous_commit" in told["settings"]
    assert "CLEW_TIME_ZONE" in str(told["settings"]["CLEW_TIME_ZOME"])


def test_leads_that_wait_without_a_worker_are_an_error_and_a_worker_away_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "settings", lambda _: [])
    monkeypatch.setattr(findings, "database", lambda _: [])
    company = found()
    code, told = asked(capsys)
    assert (code, set(told["work"])) == (0, {"Worker"})
    submit(company.site, phone="13812345678", **HOT)
    code, told = asked(capsys)
    assert (code, set(told["work"])) == (1, {"Worker", "Queue"})


def test_a_bundle_helps_a_stranger_and_tells_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    company = found()
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    monkeypatch.setenv("CLEW_METRICS_TOKEN", "a-token-for-machines-only")
    bundle = tmp_path / "bundle.json"
    asked(capsys, "--bundle", str(bundle))
    text = bundle.read_text(encoding="utf-8")
    told = json.loads(text)
    assert {"clew", "postgresql", "migrations", "ledger", "settings", "work"} <= told.keys()
    assert {"CLEW_METRICS_TOKEN", "CLEW_SECRET_KEY"} <= set(told["set"])
    secrets = (os.environ[name] for name in ("CLEW_SECRET_KEY", "CLEW_METRICS_TOKEN"))
    for word in (*secrets, os.environ["CLEW_DATABASE_URL"], "周建国", "13812345678"):
        assert word not in text
    with pytest.raises(OutUnwritable):
        doctor.main(["--settings", "--bundle", str(tmp_path / "no" / "b.json")])
