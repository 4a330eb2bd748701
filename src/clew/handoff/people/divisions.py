"""Divisions as one chooses among them: provinces, what lies in each, and what bears a name. Pure."""

from functools import cache

from clew.capture.gazetteer import contains, divisions
from clew.capture.regions import name_of, resolve

FOUND_AT_MOST = 30


@cache
def provinces() -> tuple[int, ...]:
    """Give the codes of all provinces."""
    return tuple(sorted(code for code in divisions() if code % 10_000 == 0))


@cache
def inside(code: int) -> tuple[int, ...]:
    """Give what lies directly in a province or city: cities, and counties that no city holds."""
    known = divisions()
    held = [c for c in sorted(known) if c != code and contains(code, c)]
    if code % 10_000:
        return tuple(held)
    return tuple(c for c in held if c % 100 == 0 or c // 100 * 100 not in known)


def path(code: int) -> tuple[int, ...]:
    """Give the divisions that hold a code, the widest first, and itself."""
    wider = dict.fromkeys((code // 10_000 * 10_000, code // 100 * 100, code))
    return tuple(c for c in wider if c in divisions())


def search(text: str) -> list[int]:
    """Find divisions whose name holds a text, or that a code, pinyin or an address means; wide ones first."""
    plain = text.strip()
    if not plain:
        return []
    meant = resolve(plain)
    exact = [code for code in (meant.code, *meant.candidates) if code]
    held = [code for code, name in divisions().items() if plain in name or plain in name_of(code)]
    held.sort(key=lambda code: (code % 100 > 0, code % 10_000 > 0, code))
    return list(dict.fromkeys([*exact, *held]))[:FOUND_AT_MOST]
