"""From YAML to the file's shape and back; a fault is told with its place."""

from typing import Any

import msgspec
import yaml

from clew.errors import Invalid
from clew.web.configuration.shapes import Configuration

LARGEST = 1_000_000  # characters


class ConfigurationWrong(Invalid):
    """This file is not a configuration. Nothing was changed."""

    code = "configuration_wrong"


class _Loader(yaml.SafeLoader):
    """Plain data only; no part of it stands for another, which could make a small file endless."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ConfigurationWrong(where=f"line {mark.line + 1}: an alias (*) is not allowed")
        return super().compose_node(parent, index)


def read(text: str) -> Configuration:
    """Read a file. Raises ConfigurationWrong with the line or the path of the fault."""
    if len(text) > LARGEST:
        raise ConfigurationWrong(where=f"more than {LARGEST:,} characters")
    try:
        told = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader, narrowed
        return msgspec.convert(told or {}, Configuration)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise ConfigurationWrong(where=f"line {line}: {wrong.problem}") from wrong
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:  # msgspec's is a ValueError
        raise ConfigurationWrong(where=str(wrong)[:300]) from wrong


def write(configuration: Configuration) -> str:
    """Write a file, parts and fields in the order of their shape."""
    told: dict[str, Any] = msgspec.to_builtins(configuration)
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120)
