"""The set-up as a file: out, in again, and wrong in many ways."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clew.base.models import Entry
from clew.errors import ClewError
from clew.grading.models import RuleSet
from clew.handoff.models import Calendar, Method, Placement, Routing
from clew.web.configuration import command
from clew.web.configuration.command import apply, gather
from clew.web.configuration.text import ConfigurationWrong, read, write
from tests.company import HOT, MONDAY_NOON, Company, enquire, found

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SETTING = """
calendars:
  - {name: 李组班次, mon: "8:30–12:00, 13:30–18:00", tue: "9:00–18:00", days_off: ["2026-10-01 – 2026-10-07"], days_on: ["2026-10-10 wed"]}
teams:
  - {name: 李组, takes: rules, calendar: 李组班次, medium: idle, low: turn}
validity:
  - {category: 伺服, high_days: 10, medium_days: 20, low_days: 30}
distribution:
  - {name: 江苏伺服, team: 李组, otherwise: [线上组], grades: [high], words: [伺服], regions: [江苏, 上海浦东]}
  - {team: 线上组, hours: [18, 9]}
"""


@pytest.fixture
def company() -> Company:
    return found()


def test_what_is_written_out_and_put_in_again_changes_nothing(company: Company) -> None:
    apply(read(SETTING), NOW)
    before = Entry.objects.count()
    text = write(gather())
    assert apply(read(text), NOW) == []
    assert Entry.objects.count() == before
    assert (RuleSet.objects.count(), Routing.objects.count()) == (1, 1)


def test_a_file_sets_the_place_up_and_leads_go_by_it(company: Company) -> None:
    changed = apply(read(SETTING), NOW)
    assert changed == ["calendars[0]", "teams[0]", "validity[0]", "distribution"]
    calendar = Calendar.objects.get(name="李组班次")
    assert calendar.week[:2] == [[510, 720], [810, 1080]]
    assert calendar.days_on == {"2026-10-10": 2}
    assert len(calendar.days_off) == 7
    lead_id = enquire(company.site, phone="13812345678", region="江苏苏州", category="伺服", **HOT)
    place = Placement.objects.select_related("team").get(lead=lead_id, closed_at=None)
    assert place.team is not None
    assert place.team.name == "线上组"  # nobody sits in Li's team yet
    assert place.kind == "person"
    method = Method.objects.get(team__name="李组")
    assert (method.high, method.medium, method.low) == ("turn", "idle", "turn")


def test_a_trial_changes_nothing(company: Company) -> None:
    assert len(apply(read(SETTING), NOW, is_trial=True)) == 4
    assert not Routing.objects.exists()
    assert Method.objects.count() == 2


SOUND = "validity:\n  - {category: 轴承, high_days: 1, medium_days: 1, low_days: 1}\n"
WRONG = {
    "teams: [": "line 1",
    "colour: red": "colour",
    "teams:\n  - {name: 李组, takes: rules, calendar: 没有}": "没有",
    "teams:\n  - {name: 李组, takes: both, calendar: x}": "$.teams[0].takes",
    "teams:\n  - 7": "$.teams[0]",
    "calendars:\n  - {name: x, mon: 25-26}": "calendars[0]",
    "calendars:\n  - {name: x, mon: '9-18', time_zone: Moon/Sea}": "calendars[0]",
    "calendars:\n  - {name: x}": "calendars[0]",
    "validity:\n  - {category: '', high_days: 0, medium_days: 1, low_days: 1}": "validity[0]",
    "grading: {high_from: 10, medium_from: 20, rules: []}": "grading",
    "grading: {high_from: 70, medium_from: 40, rules: [{key: a, points: 1, words: {}, when: [{fact: gone, op: '==', value: 1}]}]}": "grading",
    "distribution:\n  - {team: 没有的组}": "distribution[0].team",
    "distribution:\n  - {team: 线上组, otherwise: [线上组]}": "distribution[0]",
    "distribution:\n  - {team: 线上组, sources: [gone]}": "distribution[0]",
    "distribution:\n  - {team: 线上组, regions: [鼓楼区]}": "distribution[0].regions",
    "a: &a [x, x]\nb: [*a, *a]": "line 2",
    "- 1": "Expected",
    "!!python/object/apply:os.system [true]": "line 1",
    "[" * 3000: "",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_says_where_and_changes_nothing(company: Company, text: str) -> None:
    before = write(gather())
    if text.startswith(("teams:\n", "distribution:\n")):
        text = f"{SOUND}{text}"
    with pytest.raises(ClewError) as raised:
        apply(read(text), NOW)
    assert WRONG[text.removeprefix(SOUND)] in str(raised.value.details)
    assert write(gather()) == before


def test_a_file_of_a_million_characters_is_not_read() -> None:
    with pytest.raises(ConfigurationWrong):
        read("#" * 1_000_001)


def test_the_command_writes_reads_and_tells_what_differed(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "setting.yaml"
    file.write_text(SETTING, encoding="utf-8")
    assert command.main(["import", str(file), "--dry-run"]) == 0
    assert command.main(["import", str(file)]) == 0
    assert capsys.readouterr().out.splitlines().count("distribution") == 2
    assert command.main(["export", str(tmp_path / "out.yaml")]) == 0
    assert command.main(["import", str(tmp_path / "out.yaml")]) == 0
    assert "differs" in capsys.readouterr().err
    assert command.main(["export"]) == 0
    assert "江苏伺服" in capsys.readouterr().out
    (tmp_path / "gb.yaml").write_bytes(SETTING.encode("gb18030"))
    with pytest.raises(command.PartWrong):
        command.main(["import", str(tmp_path / "gb.yaml")])
    with pytest.raises(command.FileMissing):
        command.main(["import", str(tmp_path / "none.yaml")])
    assert MONDAY_NOON == NOW
