"""The folder of a trial: how far it has come, who plays in it, and their journals."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

SENDERS = 4


class OtherTrial(Exception):
    """The folder holds a trial of another seed, or of other numbers of kills and leads."""


@dataclass
class State:
    """What is asked for, and what is done of it. On the disk after every kill."""

    seed: int
    kills: int
    leads: int
    done: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    freezes: int = 0
    audits: int = 0
    unknown: int = 0
    repeated: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Cast:
    """Who plays: the senders' token, the people with the password of all of them, a manager who is signed in."""

    token: str
    password: str
    usernames: list[str]
    cookie: str


@dataclass(frozen=True)
class Folder:
    """Everything that an interrupted trial goes on from."""

    path: Path

    @property
    def home(self) -> Path:
        """Where Clew keeps its database and its secret."""
        return self.path / ".clew"

    @property
    def senders(self) -> list[Path]:
        """The senders' journals."""
        return [self.path / f"sender-{number}" for number in range(SENDERS)]

    def person(self, username: str) -> Path:
        """The journal of somebody who works."""
        return self.path / f"person-{username}"

    def state(self, seed: int, kills: int, leads: int) -> State:
        """Read how far this trial has come; a new one has come nowhere. Raises OtherTrial."""
        file = self.path / "state.json"
        if not file.exists():
            return State(seed, kills, leads)
        found = State(**json.loads(file.read_text(encoding="utf-8")))
        if (found.seed, found.kills, found.leads) != (seed, kills, leads):
            raise OtherTrial(f"{self.path}: seed {found.seed}, {found.kills} kills, {found.leads}")
        return found

    def keep(self, state: State) -> None:
        """Write how far it has come, whole or not at all."""
        self._write("state.json", json.dumps(asdict(state)))

    def cast(self) -> Cast | None:
        """Read who plays, or nothing where nobody was hired yet."""
        file = self.path / "cast.json"
        return Cast(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None

    def hire(self, cast: Cast) -> None:
        """Keep who plays."""
        self._write("cast.json", json.dumps(asdict(cast)))

    def _write(self, name: str, content: str) -> None:
        fresh = self.path / f"{name}.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / name)
