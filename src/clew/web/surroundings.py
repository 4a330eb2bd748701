"""What is wrong with the settings, said in words before anything is started. Django is not needed for it."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import psycopg
from psycopg.conninfo import conninfo_to_dict

from clew.base.targets import read_relay, read_targets
from clew.errors import ClewError
from clew.web.terminal import _

SECRET = (
    "SECRET_KEY",
    "SECRET_KEY_PREVIOUS",
    "DATABASE_URL",
    "METRICS_TOKEN",
    "BACKUP_PASSPHRASE",
    "SMTP_URL",
)
PLAIN = (
    "ADDRESS",
    "BASE_URL",
    "DEMO",
    "HOME",
    "LANGUAGE",
    "LIFELINE",
    "LOG_LEVEL",
    "MAIL_FROM",
    "PG_BIN",
    "PORT",
    "PRIVATE_TARGETS",
    "PROXY_COUNT",
    "RETENTION_DAYS",
    "TEST_SUFFIX",
    "TIME_ZONE",
)
NAMES = {f"CLEW_{name}" for name in (*SECRET, *PLAIN)}
LOCAL = {"127.0.0.1", "localhost", "::1"}


class SettingsWrong(ClewError):
    """Settings are wrong. Nothing was started. Set them as is said beside each, and try again."""

    code = "settings_wrong"


@dataclass(frozen=True, slots=True)
class Fault:
    """A setting, what is wrong with it and what to do; one that is no obstacle is a piece of advice."""

    setting: str
    says: str
    is_obstacle: bool = True


def faults(environment: Mapping[str, str]) -> list[Fault]:
    """Look at every setting of Clew in an environment."""
    found = [*_unreadable(environment), *_unknown(environment)]
    for name, check in CHECKS.items():
        value = _value(environment, name)
        if value and (says := check(value)):
            found.append(Fault(f"CLEW_{name}", says))
    found += _without_sender(_value(environment, "SMTP_URL"), _value(environment, "MAIL_FROM"))
    return [*found, *_advice(_value(environment, "BASE_URL"))]


def _without_sender(url: str, sender: str) -> Iterator[Fault]:
    if url and not _relay(url) and not sender:
        relay = read_relay(url)
        if relay and "@" not in relay.user:
            says = _("Say from which address e-mail comes: clew@example.com")
            yield Fault("CLEW_MAIL_FROM", says)


def _advice(address: str) -> Iterator[Fault]:
    if not _address(address) and urlsplit(address).scheme == "http":
        says = _("Without https, passwords and numbers can be read on the way. Put https in front.")
        if urlsplit(address).hostname not in LOCAL:
            yield Fault("CLEW_BASE_URL", says, is_obstacle=False)


def refuse(environment: Mapping[str, str]) -> None:
    """Raise SettingsWrong where nothing could work."""
    wrong = {f.setting: f.says for f in faults(environment) if f.is_obstacle}
    if wrong:
        raise SettingsWrong(**wrong)


def _unreadable(environment: Mapping[str, str]) -> Iterator[Fault]:
    for name in (*SECRET, *PLAIN):
        place = environment.get(f"CLEW_{name}_FILE")
        if not place:
            continue
        if not os.access(place, os.R_OK) or not Path(place).is_file():
            yield Fault(f"CLEW_{name}_FILE", _("This file cannot be read: %s") % place)
        if environment.get(f"CLEW_{name}"):
            says = _("Both it and CLEW_%s are set; the file counts. Unset one.") % name
            yield Fault(f"CLEW_{name}_FILE", says, is_obstacle=False)


def _unknown(environment: Mapping[str, str]) -> Iterator[Fault]:
    for name in sorted(environment):
        if not name.startswith("CLEW_") or name.removesuffix("_FILE") in NAMES:
            continue
        near = get_close_matches(name, NAMES, n=1)
        says = _("There is no such setting. Did you mean %s?") % near[0] if near else ""
        yield Fault(name, says or _("There is no such setting."), is_obstacle=False)


def _value(environment: Mapping[str, str], name: str) -> str:
    place = environment.get(f"CLEW_{name}_FILE")
    if place:
        try:
            return Path(place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
    return environment.get(f"CLEW_{name}", "")


def _secret(value: str) -> str:
    return "" if len(value) >= 32 else _("It needs at least 32 characters of chance.")


def _token(value: str) -> str:
    return "" if len(value) >= 16 else _("It needs at least 16 characters of chance.")


def _database(value: str) -> str:
    try:
        conninfo_to_dict(value)
    except psycopg.ProgrammingError:
        return _("This is no address of a database: postgresql://NAME:PASSWORD@HOST/DATABASE")
    return ""


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    return "" if is_good else _("Write it as people's browsers do: https://clew.example.com")


def _whole(least: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        is_good = value.isascii() and value.isdigit() and least <= int(value) < 100_000
        return "" if is_good else _("It must be a whole number, at least %s.") % least

    return check


def _targets(value: str) -> str:
    try:
        read_targets(value)
    except ValueError:
        return _("Write addresses or networks with commas: 127.0.0.1:9100, 10.20.0.0/16")
    return ""


def _relay(value: str) -> str:
    try:
        read_relay(value)
    except ValueError:
        return _(
            "Write smtp://NAME:PASSWORD@HOST:587 (STARTTLS), smtps://…:465 (TLS) or, on the same machine, smtp+plain://127.0.0.1:25; write @ : / in a name or password as %40 %3A %2F."
        )
    return ""


def _mailbox(value: str) -> str:
    name, _at, host = value.partition("@")
    is_good = name and "." in host and value.isascii() and value.isprintable() and " " not in value
    return "" if is_good else _("Write one address: clew@example.com")


def _zone(value: str) -> str:
    return "" if value in available_timezones() else _("Unknown. Write it like Asia/Shanghai.")


def _level(value: str) -> str:
    levels = logging.getLevelNamesMapping()
    return "" if value in levels else _("It must be one of %s.") % ", ".join(levels)


CHECKS: dict[str, Callable[[str], str]] = {
    "SECRET_KEY": _secret,
    "METRICS_TOKEN": _token,
    "DATABASE_URL": _database,
    "BASE_URL": _address,
    "PROXY_COUNT": _whole(0),
    "RETENTION_DAYS": _whole(1),
    "PORT": _whole(1),
    "PRIVATE_TARGETS": _targets,
    "SMTP_URL": _relay,
    "MAIL_FROM": _mailbox,
    "TIME_ZONE": _zone,
    "LOG_LEVEL": _level,
}
