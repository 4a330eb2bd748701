"""What is agreed, and what follows from it. Pure."""

from collections.abc import Mapping, Sequence

WHOLE = 100
MOST_PARTS = 5

Parts = Mapping[int, int]  # per cent by member


def is_sound(parts: Sequence[tuple[int, int]]) -> bool:
    """Tell whether members with per cent are a split: each once, one to five of them, 100 in all. None is one too."""
    if not parts:
        return True
    return (
        len(parts) <= MOST_PARTS
        and len({member_id for member_id, _ in parts}) == len(parts)
        and all(percent > 0 for _, percent in parts)
        and sum(percent for _, percent in parts) == WHOLE
    )


def only_gives(giver: int, before: Parts, after: Parts) -> bool:
    """Tell whether nobody but the giver has less than before."""
    return all(
        after.get(member_id, 0) >= percent
        for member_id, percent in before.items()
        if member_id != giver
    )


def veiled(name: str) -> str:
    """Hide most of a person's name: 张三丰 becomes 张**, Anna A**."""
    return name[:1] + "**" if name else ""


def veiled_company(name: str) -> str:
    """Hide most of a company's name: 昆山锐达自动化设备厂 becomes 昆山***."""
    return name[:2] + "***" if name else ""
