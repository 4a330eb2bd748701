"""Which losses are looked at: pure, drawn by a seed, so that the same draw can be made again."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Loss:
    """A lead that was lost: by whom, and for which reason."""

    lead_id: UUID
    member_id: int
    reason: str


def draw(losses: Sequence[Loss], size: int, seed: str) -> list[Loss]:
    """Draw a sample, stratified by person and reason.

    Each stratum gets its part by largest remainder, at least one where there is room for all; whoever is drawn
    in it is decided by a digest of seed and lead. Gives all where there are no more than `size`.
    """
    strata: dict[tuple[int, str], list[Loss]] = defaultdict(list)
    for loss in sorted(losses, key=lambda one: _digest(seed, one)):
        strata[loss.member_id, loss.reason].append(loss)
    keys = sorted(strata)
    counts = _shares([len(strata[key]) for key in keys], size)
    return [loss for key, count in zip(keys, counts, strict=True) for loss in strata[key][:count]]


def _shares(sizes: Sequence[int], size: int) -> list[int]:
    """Divide a sample among strata: one for each first, the largest before the others, then in proportion."""
    whole = sum(sizes)
    if whole <= size:
        return list(sizes)
    order = sorted(range(len(sizes)), key=lambda at: (-sizes[at], at))
    counts = [0] * len(sizes)
    for at in order[:size]:
        counts[at] = 1
    while sum(counts) < size:  # whoever is furthest behind the own proportion gets the next
        open_ = [at for at in order if counts[at] < sizes[at]]
        counts[max(open_, key=lambda at: (sizes[at] * size - counts[at] * whole, -at))] += 1
    return counts


def _digest(seed: str, loss: Loss) -> bytes:
    return sha256(f"{seed}:{loss.lead_id}".encode()).digest()
