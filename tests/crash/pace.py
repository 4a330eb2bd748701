"""The pace of a trial: how much may be sent so far, and whether everybody rests between two requests."""

import threading
from dataclasses import dataclass, field


@dataclass
class Pace:
    """One for all who send and work. `sent` and `allowed` are leads."""

    sent: int = 0
    allowed: int = 0
    _present: int = 0
    _resting: int = 0
    _is_held: bool = False
    _is_over: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def join(self) -> None:
        """Be one of those who are waited for when all shall rest."""
        with self._changed:
            self._present += 1

    def leave(self) -> None:
        """Be none of them any more."""
        with self._changed:
            self._present -= 1
            self._changed.notify_all()

    def count(self, leads: int) -> None:
        """Note that leads were acknowledged."""
        with self._changed:
            self.sent += leads

    def rest(self, *, sends: bool) -> bool:
        """Stand between two requests until one may go on. False when all is over."""
        with self._changed:
            self._resting += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_over or self._may_go_on(sends))
            self._resting -= 1
            return not self._is_over

    def allow(self, leads: int) -> None:
        """Let so many be sent in all."""
        with self._changed:
            self.allowed = leads
            self._changed.notify_all()

    def hold(self, patience: float) -> bool:
        """Let everybody come to rest. False where somebody does not in time."""
        with self._changed:
            self._is_held = True
            return self._changed.wait_for(lambda: self._resting >= self._present, patience)

    def go_on(self) -> None:
        """End the rest."""
        with self._changed:
            self._is_held = False
            self._changed.notify_all()

    def end(self) -> None:
        """Send everybody home."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _may_go_on(self, sends: bool) -> bool:  # noqa: FBT001  what `rest` was told
        return not self._is_held and (not sends or self.sent < self.allowed)
