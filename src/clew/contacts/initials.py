"""The letters that Chinese names are searched by: the first of each character's pinyin, as the name is read.

The readings are a table, `initials.txt`, made from the data of pypinyin by `tools/initials.py`: the letter of
each character's first reading. A few characters mean another in names, family names have readings of their own,
and so have some words; a company's legal form is left out. Where a name leaves two readings open it is found
by the more usual one.
"""

import re
import string
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_suffix(".txt")
LAST = 0xFFFF  # of the characters that the table is about


def _pairs(text: str) -> dict[str, str]:
    parts = text.split()
    return dict(zip(parts[::2], parts[1::2], strict=True))


IN_NAMES = _pairs(
    "长 c 厦 x 曾 z 率 l 调 t 弹 t 给 j 泊 b 刨 b 轧 z 茄 q 翟 z 阚 k 郇 x 佴 n 谌 c 乜 n"
)
FAMILY = _pairs(
    "尉迟 yc 单于 cy 万俟 mq 长孙 zs 单 s 解 x 查 z 仇 q 区 o 乐 y 覃 q 种 c 秘 b 繁 p 召 s 折 s 句 g 祭 z 重 c 藏 z"
)
WORDS = _pairs(
    "重庆 cq 乐清 yq 番禺 py 黄陂 hp 大埔 db 宝坻 bd 东阿 de 阿胶 ej 铅山 ys 单县 sx 蔚县 yx 浚县 xx 尉犁 yl 犍为 qw 泌阳 by "
    "枞阳 zy 南乐 ny 民乐 my 涡阳 gy 筠连 jl 长子县 zzx 大厦 ds 广厦 gs 西藏 xz 藏族 zz 藏药 zy 银行 yh 商行 sh 车行 ch "
    "五金行 wjh 行业 hy 会计 kj 音乐 yy 乐器 yq 人参 rs 海参 hs 调度 dd"
) | dict.fromkeys(("有限公司", "有限责任公司"), "")
OTHERWISE = re.compile("|".join(WORDS) + "|长$")  # at the end it is a title: 厂长


def initials(name: str, company: str) -> str:
    """Give the initials of a person and a company, as two words. What is written without Chinese characters has none."""
    found = [] if name.isascii() else [_read(_family(name))]
    if not company.isascii():
        found.append(_read(company))
    return " ".join(filter(None, found))


def _family(name: str) -> str:
    """Put the initials of a family name in its place where they are not those of its characters."""
    for length in (2, 1):
        if letters := FAMILY.get(name[:length]):
            return letters + name[length:]
    return name


def _read(text: str) -> str:
    return OTHERWISE.sub(_word, text).translate(_table())


def _word(met: re.Match[str]) -> str:
    return WORDS.get(met[0], "z")


@cache
def _table() -> list[str | None]:
    """Give for each character what stands for it: its initial, itself in lower case, or nothing."""
    found: list[str | None] = [None] * (LAST + 1)
    for letter, characters in map(str.split, TABLE.read_text(encoding="utf-8").splitlines()):
        for one in characters:
            found[ord(one)] = letter
    for one, letter in IN_NAMES.items():
        found[ord(one)] = letter
    for one in string.ascii_letters + string.digits:
        found[ord(one)] = one.lower()
    return found
