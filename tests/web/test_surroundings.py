"""Every wrong setting is said in words, all of them at once, before anything is started."""

from pathlib import Path

import pytest

from clew.web import cli
from clew.web.surroundings import CHECKS, PLAIN, SECRET, SettingsWrong, faults, refuse

GOOD = {
    "CLEW_SECRET_KEY": "x" * 32,
    "CLEW_DATABASE_URL": "postgresql://clew@db/clew",
    "CLEW_BASE_URL": "https://clew.example.com",
    "CLEW_PROXY_COUNT": "1",
    "CLEW_TIME_ZONE": "Asia/Shanghai",
    "CLEW_LOG_LEVEL": "INFO",
    "PATH": "/bin",
}
WRONG = {
    "CLEW_SECRET_KEY": ["short", "x" * 31],
    "CLEW_METRICS_TOKEN": ["short"],
    "CLEW_DATABASE_URL": ["nonsense", "postgresql://a b@/x y=1"],
    "CLEW_BASE_URL": ["clew.example.com", "ftp://a", "https://", "http://a:0", "http://[::1"],
    "CLEW_PRIVATE_TARGETS": ["10.0.0.1/99", "inside", "127.0.0.1:0"],
    "CLEW_SMTP_URL": [
        "mail.example.com",
        "http://mail.example.com",
        "smtp:///x",
        "smtp://a:b@mail:99999",
    ],
    "CLEW_MAIL_FROM": ["clew", "Clew <clew@example.com>", "a@b", "a@b.c\nBcc: x"],
    "CLEW_PROXY_COUNT": ["-1", "two", "1.5", "①", "9" * 30],
    "CLEW_RETENTION_DAYS": ["0", "half a year"],
    "CLEW_PORT": ["0", "http"],
    "CLEW_TIME_ZONE": ["Beijing", "../etc/passwd", "UTC+8"],
    "CLEW_LOG_LEVEL": ["loud", "warning"],
}


def test_good_settings_have_no_faults() -> None:
    assert faults(GOOD) == []
    assert faults({}) == []


def test_each_check_has_a_wrong_value_here() -> None:
    assert {f"CLEW_{name}" for name in CHECKS} == set(WRONG)
    assert set(CHECKS) <= {*SECRET, *PLAIN}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in WRONG.items() for v in vs])
def test_a_wrong_setting_is_named_and_an_obstacle(name: str, value: str) -> None:
    (fault,) = [f for f in faults(GOOD | {name: value}) if f.is_obstacle]
    assert fault.setting == name
    assert fault.says
    assert value not in fault.says or name not in {f"CLEW_{secret}" for secret in SECRET}


def test_all_of_them_are_told_at_once() -> None:
    with pytest.raises(SettingsWrong) as told:
        refuse(GOOD | {"CLEW_TIME_ZONE": "Mars", "CLEW_PROXY_COUNT": "many"})
    assert set(told.value.details) == {"CLEW_TIME_ZONE", "CLEW_PROXY_COUNT"}


def test_a_file_that_cannot_be_read_is_named_and_one_that_can_is_looked_into(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    given = {"CLEW_SECRET_KEY_FILE": str(secret)}
    assert [f.setting for f in faults(given)] == ["CLEW_SECRET_KEY_FILE"]
    secret.write_text("short\n", encoding="utf-8")
    assert [f.setting for f in faults(given)] == ["CLEW_SECRET_KEY"]
    secret.write_text("x" * 40 + "\n", encoding="utf-8")
    assert faults(given) == []
    assert not faults(given | {"CLEW_SECRET_KEY": "y" * 40})[0].is_obstacle


def test_what_is_only_odd_is_advice() -> None:
    odd = faults(GOOD | {"CLEW_BASE_URL": "http://clew.example.com", "CLEW_BASE_ULR": "x"})
    assert [(f.setting, f.is_obstacle) for f in odd] == [
        ("CLEW_BASE_ULR", False),
        ("CLEW_BASE_URL", False),
    ]
    assert "CLEW_BASE_URL" in odd[0].says


def test_a_command_says_what_is_wrong_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CLEW_LIFELINE", raising=False)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path))
    monkeypatch.setenv("CLEW_TIME_ZONE", "Mars")
    assert cli.main(["doctor"]) == 1
    assert "CLEW_TIME_ZONE" in capsys.readouterr().err
    assert not (tmp_path / "pg").exists()
