"""Which region a text means: a GB/T 2260 code, or the candidates where several are meant.

Names are looked for from left to right, the longest first; each narrows what was found before it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from clew.capture.changes import PINYIN
from clew.capture.gazetteer import Name, by_stem, contains, divisions, names, stem, successors

CODE = re.compile(r"(\d{6})(?:\d{6})?")
COUNTRY = re.compile(r"^(?:中华人民共和国|中国)")
BETWEEN = re.compile(r"[\s,，、./|\-_·;；:：>→()\[\]]*")
STREET = re.compile(r"[东南西北中一二三四五]?(?:路|街|大道|道|巷|弄)")
FEATURE = re.compile(r"[门桥站山河湖江寺镇乡村屯庄城]|市场")
ZONE = re.compile(r"(?:经济|经开|高新|工业|技术|产业|开发|保税)")
ROAD = re.compile(
    r"\b[a-z]+ (?:[ensw] |east |north |south |west )?(?:road|rd|street|st|avenue|ave)\b"
)
WORD = re.compile(r"[a-z]+")
CONTESTED = {211300, 152200}  # 朝阳 and 兴安: districts elsewhere are as well known as the city
FUNCTIONAL = range(71, 80)  # codes that statisticians give to development zones
NOT_LISTED = {"0100", "0200", "9000"}  # 市辖区, 县, 省直辖: between a province and its counties


@dataclass(frozen=True, slots=True)
class Region:
    """What a text means. Without a code, or with one that is wider than meant, `candidates` say why."""

    code: int | None = None
    candidates: tuple[int, ...] = ()

    @property
    def precision(self) -> str:
        """Give province, city or county; empty without a code."""
        if self.code is None:
            return ""
        return _precision(self.code)

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether several regions bear what was written."""
        return bool(self.candidates)


NOWHERE = Region()


@lru_cache(maxsize=16_384)
def resolve(text: str) -> Region:
    """Find the region that a text names: by code, by Chinese name or by pinyin; else NOWHERE."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if code := CODE.fullmatch(plain):
        return _listed(int(code[1]))
    found = _by_pinyin(plain) if plain.isascii() else _by_name(COUNTRY.sub("", plain))
    return _judge(found)


@cache
def name_of(code: int) -> str:
    """Give 江苏 苏州 昆山 for 320583, and nothing for a code that does not exist."""
    known = divisions()
    if code not in known:
        return ""
    parts: list[str] = []
    for part in dict.fromkeys((code // 10_000 * 10_000, code // 100 * 100, code)):
        if part in known:
            short = _short(known[part], part)
            parts.append(known[part] if short in parts else short)  # 吉林 吉林市
    return " ".join(parts)


def shown(text: str, code: int | None) -> str:
    """Give the proper name where a region is known, else what was written."""
    return name_of(code) if code and not resolve(text).is_ambiguous else text


def rivals(text: str) -> list[str]:
    """Give where the regions are that an ambiguous text may mean: 南京, 徐州, 福州, 开封 for 鼓楼区."""
    parts = [name_of(code).split(" ") for code in resolve(text).candidates]
    cities = [" ".join(part[:-1][-1:]) for part in parts]
    is_telling = len(set(cities)) == len(cities) and all(cities)
    return cities if is_telling else [" ".join(part) for part in parts]


def refined(text: str, code: int | None, given: str) -> tuple[str, int | None]:
    """Give the more precise of a known region and one that was given later; another place replaces."""
    later = resolve(given).code if given else None
    if not given or (later is None and code is not None):
        return text, code
    if later is not None and code is not None and later != code and contains(later, code):
        return text, code
    return given, later


def _precision(code: int) -> str:
    if code % 10_000 == 0:
        return "province"
    return "city" if code % 100 == 0 else "county"


def _short(name: str, code: int) -> str:
    if code % 100 == 0:
        return stem(name)
    alike = [c for c in by_stem()[stem(name)] if c // 100 == code // 100]
    return stem(name) if name[-1] == "市" and len(name) > 2 and len(alike) == 1 else name


def _listed(code: int) -> Region:
    known = divisions()
    if code in known:
        return Region(code)
    if code in successors():
        return Region(successors()[code])
    wider = code // 100 * 100
    if code % 100 in FUNCTIONAL and wider in known:
        return Region(wider)
    province = code // 10_000 * 10_000
    is_between = f"{code % 10_000:04}" in NOT_LISTED and province in known
    return Region(province) if is_between else NOWHERE


def _judge(found: tuple[int, ...]) -> Region:
    """Choose among what bears the name: the widest that holds the others, a province, a city."""
    for code in found:
        if all(contains(code, other) for other in found):
            return Region(code)
    for size in (10_000, 100):
        wide = [code for code in found if code % size == 0]
        if len(wide) == 1 and wide[0] not in CONTESTED:
            return Region(wide[0])
    if not found:
        return NOWHERE
    return Region(_common(found), tuple(sorted(found)))


def _common(codes: tuple[int, ...]) -> int | None:
    for size in (100, 10_000):
        parents = {code // size * size for code in codes}
        if len(parents) == 1 and parents <= divisions().keys():
            return parents.pop()
    return None


def _by_name(text: str) -> tuple[int, ...]:
    found: tuple[int, ...] = ()
    end = 0
    for start, name in _written(text):
        gap = text[end:start]
        is_next = not BETWEEN.sub("", gap)
        if not _counts(name, text, start, is_next=is_next, is_first=not found):
            continue
        followed = _follow(found, name, is_next=is_next and bool(end))
        if followed:
            found, end = followed, start + len(name.text)
    return found


def _written(text: str) -> Iterator[tuple[int, Name]]:
    """Give the names in a text, longest first at each place, and go on behind each."""
    known = names()
    at = 0
    while at < len(text) - 1:
        for name in known.get(text[at : at + 2], ()):
            if text.startswith(name.text, at) and not _is_street(text, at + len(name.text), name):
                yield at, name
                at += len(name.text) - 1
                break
        at += 1


def _is_street(text: str, end: int, name: Name) -> bool:
    """Tell whether a name is part of that of a street: 南京东路, 中山大道, 昆山市场."""
    if name.is_full:
        return name.text[-1] == "市" and text.startswith("场", end)
    return STREET.match(text, end) is not None


def _counts(name: Name, text: str, start: int, *, is_next: bool, is_first: bool) -> bool:
    """Tell whether a name may be meant: that of a county without its kind needs its neighbours."""
    end = start + len(name.text)
    if name.is_full and (len(name.text) > 2 or name.text[-1] != "区"):
        return True
    if not name.is_full and any(code % 100 == 0 for code in name.codes or name.former):
        return True
    if not is_next or (not name.is_full and FEATURE.match(text, end)):
        return False
    return not is_first or _stands_alone(text, end)


def _stands_alone(text: str, end: int) -> bool:
    rest = text[end:]
    return not rest or bool(
        BETWEEN.sub("", rest[:1]) == "" or ZONE.match(rest) or rest[:2] in names()
    )


def _follow(found: tuple[int, ...], name: Name, *, is_next: bool) -> tuple[int, ...]:
    """Narrow what was found by the next name; empty where the two have nothing to do with each other."""
    if not found:
        return name.codes or name.former
    narrowed = _meeting(found, name.codes) or _meeting(found, name.former)
    if narrowed or not (is_next and name.is_full):
        return narrowed
    provinces = {code // 10_000 for code in found}
    moved = [c for c in name.codes or name.former if c // 10_000 in provinces]
    return tuple(moved) if len(moved) == 1 else ()  # 四平市公主岭市 has been under 长春 since 2020


def _meeting(ones: tuple[int, ...], others: tuple[int, ...]) -> tuple[int, ...]:
    """Give the narrower of each pair of which one holds the other."""
    pairs = ((one, other) for one in ones for other in others)
    met = (
        other if contains(one, other) else one
        for one, other in pairs
        if contains(one, other) or contains(other, one)
    )
    return tuple(dict.fromkeys(met))


@cache
def _pinyin() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for line in PINYIN.split("\n")[1:-1]:
        word, code = line.split()
        found[word] += (int(code),)
    return dict(found)


def _by_pinyin(text: str) -> tuple[int, ...]:
    known = _pinyin()
    plain = ROAD.sub(" ", text.lower().replace("'", ""))
    plain = plain.replace("inner mongolia", "neimenggu").replace("hong kong", "hongkong")
    found: tuple[int, ...] = ()
    for word in WORD.findall(plain):
        if codes := known.get(word):
            found = _meeting(found, codes) or found or codes
    return found[:1]  # Suzhou alone is 苏州, not 宿州
