"""People come, go, are away, change what they take on: P1, P4, P6, P7 and P8 of the turns, whatever the order."""

from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clew.handoff.rules import ONE_LEAD, Lead, Seat, exclusion, extent, share_out
from tests.handoff.test_rules import seat

REGIONS = (None, 440000, 440300, 440305, 320500)
CATEGORIES = ("", "servo", "sensor")
SIXTEEN = st.integers(0, 15)


class Presence(RuleBasedStateMachine):
    """A team over time. Nobody is ever owed what was given out while they were not there."""

    def __init__(self) -> None:
        super().__init__()
        self.sitting: dict[int, Seat] = {}
        self.left: dict[int, Seat] = {}
        self.count = 0

    @initialize(people=st.integers(0, 5))
    def found(self, people: int) -> None:
        for _ in range(people):
            self.join(weight=1)

    @rule(weight=st.integers(0, 9))
    def join(self, weight: int) -> None:
        number = len(self.sitting) + len(self.left) + 1
        self.sitting[number] = seat(number, weight, capacity=30)

    @rule(at=SIXTEEN)
    def leave(self, at: int) -> None:
        if chosen := self._one(self.sitting, at):
            self.left[chosen.id] = msgspec.structs.replace(
                self.sitting.pop(chosen.id), open_count=0
            )

    @rule(at=SIXTEEN)
    def come_back(self, at: int) -> None:
        if chosen := self._one(self.left, at):
            self.sitting[chosen.id] = self.left.pop(chosen.id)

    @rule(at=SIXTEEN, is_away=st.booleans())
    def be_away(self, at: int, *, is_away: bool) -> None:
        self._change(at, absence=int(is_away))

    @rule(at=SIXTEEN, weight=st.integers(0, 9))
    def weigh(self, at: int, weight: int) -> None:
        self._change(at, weight=weight)

    @rule(at=SIXTEEN, works=st.booleans())
    def work(self, at: int, *, works: bool) -> None:
        self._change(at, is_on_shift=works)

    @rule(
        at=SIXTEEN,
        regions=st.lists(st.sampled_from(REGIONS[1:]), max_size=2),
        categories=st.lists(st.sampled_from(CATEGORIES[1:]), max_size=1),
    )
    def take_on(self, at: int, regions: list[int], categories: list[str]) -> None:
        territories = tuple(extent(region) for region in regions)
        self._change(at, territories=territories, categories=tuple(categories))

    @rule(at=SIXTEEN, done=st.integers(1, 10))
    def finish(self, at: int, done: int) -> None:
        if chosen := self._one(self.sitting, at):
            self._change(at, open_count=max(0, chosen.open_count - done))

    @rule(
        kinds=st.lists(
            st.tuples(st.sampled_from(REGIONS), st.sampled_from(CATEGORIES)), max_size=12
        ),
        seed=st.integers(0, 2**100),
    )
    def give_out(self, kinds: list[tuple[int | None, str]], seed: int) -> None:
        leads = [
            Lead(UUID(int=(seed + 7919 * n) % 2**128), 3, *kind) for n, kind in enumerate(kinds)
        ]
        seats = list(self.sitting.values())
        after = share_out(seats, leads)
        self.count += len(leads)
        counts = {s.id: s.open_count for s in seats}
        for lead, turn in zip(leads, after.turns, strict=True):
            kind = lead.region, lead.category
            if turn.seat_id is None:
                assert all(exclusion(s, counts[s.id], kind) for s in seats)
                continue
            assert not exclusion(self.sitting[turn.seat_id], counts[turn.seat_id], kind)
            counts[turn.seat_id] += 1
        for s in seats:
            if exclusion(s, 0):  # away, off shift, weightless: neither served nor owed
                assert after.credits[s.id] == s.credit
            self.sitting[s.id] = msgspec.structs.replace(
                s, credit=after.credits[s.id], open_count=after.open_counts[s.id]
            )

    @invariant()
    def credits_sum_to_zero(self) -> None:
        everybody = [*self.sitting.values(), *self.left.values()]
        assert sum(s.credit for s in everybody) == 0

    @invariant()
    def nobody_is_owed_a_burst(self) -> None:
        everybody = [*self.sitting.values(), *self.left.values()]
        assert all(abs(s.credit) <= len(everybody) * ONE_LEAD for s in everybody)

    @invariant()
    def nobody_holds_too_much(self) -> None:
        assert all(s.open_count <= s.capacity for s in self.sitting.values())

    def _one(self, among: dict[int, Seat], at: int) -> Seat | None:
        return among[sorted(among)[at % len(among)]] if among else None

    def _change(self, at: int, **changes: object) -> None:
        if chosen := self._one(self.sitting, at):
            self.sitting[chosen.id] = msgspec.structs.replace(chosen, **changes)


TestPresence = Presence.TestCase
TestPresence.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
