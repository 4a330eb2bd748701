"""One trial: parts are killed at random moments while leads are sent and worked on; now and then all rest and it is audited."""

import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.crash.books import DOUBLED, LOST, Fault, audit, careless, left_to_do
from tests.crash.folder import Cast, Folder, State
from tests.crash.journals import lines
from tests.crash.pace import Pace
from tests.crash.people import Person
from tests.crash.senders import GIVE_UP_SECONDS, Sender
from tests.crash.system import VICTIMS, System, victim

PAUSE = (
    0.2,
    1.8,
)  # seconds between two kills, beside what it takes to send their share of the leads
COME_BACK = 3  # leads from each phone, on the whole
SETTLED_SECONDS = 1.0  # after a kill, until everybody has noticed


class Stopped(Exception):
    """Something was wrong."""


@dataclass
class Trial:
    """The same seed kills in the same order and sends the same leads. What was interrupted goes on."""

    path: Path
    kills: int
    leads: int
    seed: int
    audit_every: int = 50
    faults: list[Fault] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read how far it has come."""
        self.folder = Folder(self.path.resolve())
        self.state: State = self.folder.state(self.seed, self.kills, self.leads)
        self.before = replace(self.state)
        self.senders: list[Sender] = []
        self.people: list[Person] = []
        self.began = time.monotonic() - self.state.seconds
        self.pace = Pace()

    def play(self) -> dict[str, Any]:
        """Send, work and kill; audit; tell. Stops at the first thing that is wrong."""
        system = System(self.folder.path)
        try:
            self._play(system, self._cast(system))
        except (Stopped, AssertionError) as stopped:
            at = f"seed {self.seed}, after kill {self.state.done}"
            self.problems += [f"{at}: {what}" for what in stopped.args]
        finally:
            self.pace.end()
            system.stop()
        return self._told()

    def _play(self, system: System, cast: Cast) -> None:
        self.senders = self._senders(system, cast)
        self.people = self._people(system, cast)
        for thread in (*self.senders, *self.people):
            thread.start()
        for number in range(self.state.done, self.kills):
            self._kill(system, number)
            if (number + 1) % self.audit_every == 0 and number + 1 < self.kills:
                self._audit(system)
                self.pace.go_on()
        self.pace.allow(self.leads)
        self._until_sent(self.leads)
        self._audit(system)
        checked = system.clew("clew.web.cli", "doctor", "--json")
        if checked.returncode:
            raise Stopped(f"clew doctor: {checked.stdout}{checked.stderr}")

    def _cast(self, system: System) -> Cast:
        """Hire everybody, the first time."""
        cast = self.folder.cast()
        if cast is None:
            founded = system.clew("tests.crash.company")
            if founded.returncode:
                raise Stopped(founded.stderr)
            cast = Cast(**json.loads(founded.stdout.splitlines()[-1]))
            self.folder.hire(cast)
        return cast

    def _senders(self, system: System, cast: Cast) -> list[Sender]:
        phones = max(1, self.leads // COME_BACK)
        return [
            Sender(n, system.port, cast.token, path, self.seed, phones, self.pace)
            for n, path in enumerate(self.folder.senders)
        ]

    def _people(self, system: System, cast: Cast) -> list[Person]:
        return [
            Person(name, cast.password, system.port, self.folder.person(name), self.seed, self.pace)
            for name in cast.usernames
        ]

    def _kill(self, system: System, number: int) -> None:
        """Kill once, while the share of the leads that belongs to this kill is being sent."""
        chance = random.Random(f"{self.seed} kill {number}")
        self.pace.allow(self.leads * (number + 2) // self.kills)
        self._until_sent(self.leads * number // self.kills)
        if number % len(VICTIMS) == 0:
            system.freeze()
            self.state.freezes += 1
        time.sleep(chance.uniform(*PAUSE))
        name = victim(self.seed, number)
        system.kill(name, chance)
        self.state.killed[name] = self.state.killed.get(name, 0) + 1
        self.state.done = number + 1
        self._keep()

    def _until_sent(self, leads: int) -> None:
        while self.pace.sent < leads:
            self._look()
            time.sleep(0.05)

    def _look(self) -> None:
        """Stop where one who sends or works has met something wrong."""
        wrong = [t.problem for t in (*self.senders, *self.people) if t.problem]
        if wrong:
            raise Stopped(*wrong)

    def _audit(self, system: System) -> None:
        """Let everybody rest and the system drain, and compare."""
        is_at_rest = self.pace.hold(2 * GIVE_UP_SECONDS)
        self._look()
        if not is_at_rest:
            raise Stopped("somebody did not come to rest")
        time.sleep(SETTLED_SECONDS)
        system.until_drained(left_to_do)
        began = time.monotonic()
        people = {person.username: person.path for person in self.people}
        self.faults = audit(system.server.url, self.folder.senders, people)
        wrong = [*map(str, self.faults), *careless(system.server.url)]
        self.state.audits += 1
        self._keep()
        self._say(time.monotonic() - began)
        if wrong:
            raise Stopped(*wrong)

    def _keep(self) -> None:
        """Keep how far it has come; what the threads have counted comes on top of what was counted before."""
        self.state.seconds = time.monotonic() - self.began
        unknown = sum(t.unknown for t in (*self.senders, *self.people))
        self.state.unknown = self.before.unknown + unknown
        self.state.repeated = self.before.repeated + sum(s.repeated for s in self.senders)
        self.folder.keep(self.state)

    def _say(self, seconds: float) -> None:
        told = self._told()
        shown = ("leads", "claims", "calls", "lost", "doubled")
        figures = ", ".join(f"{told[name]} {name}" for name in shown)
        sys.stderr.write(
            f"{self.state.done} kills, {figures}; audit {self.state.audits} took {seconds:.1f} s;"
            f" {told['seconds']} s so far\n"
        )

    def _told(self) -> dict[str, Any]:
        done = asdict(self.state)
        journals = [lines(person.path) for person in self.people]
        return {
            "seed": self.seed,
            "kills": done["killed"],
            "freezes": done["freezes"],
            "leads": self.pace.sent,
            "unknown_and_sent_again": done["unknown"],
            "duplicates_sent": done["repeated"],
            "claims": sum(
                kind in {"told", "found"} for journal in journals for kind, *_ in journal
            ),
            "calls": sum(kind == "kept" for journal in journals for kind, *_ in journal),
            "audits": done["audits"],
            "lost": sum(fault.count for fault in self.faults if fault.kind == LOST),
            "doubled": sum(fault.count for fault in self.faults if fault.kind == DOUBLED),
            "seconds": round(time.monotonic() - self.began, 1),
            "problems": self.problems,
        }
