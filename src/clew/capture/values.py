"""What a cell says: a moment, an amount of money, how an enquiry ended. Pure, and never a guess."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from clew.capture.sheets.cells import is_number
from clew.capture.ways import narrow

HERE = ZoneInfo("Asia/Shanghai")  # where a time names no zone
DAY_ZERO = datetime(1899, 12, 30, tzinfo=HERE)  # of the serial numbers of spreadsheets
LONGEST = 60  # of the cells whose reading is remembered
CHINESE = "\u2e80"  # and all that follows has no letters to swap
EARLIEST_YEAR, LATEST_YEAR = 2000, 2199
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = rf"(?P<word>(?:{'|'.join(MONTHS)})[a-z]*)\.?"
TIME = (
    r"(?:\s*\(?(?:星期|周)[一二三四五六日天]\)?)?"
    r"(?:[T\s,]*(?P<half>上午|早上|凌晨|中午|下午|晚上)?(?:(?<=\W)|(?<=[T日午上晨]))"
    r"\s*(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})分?"
    r"(?:[:]?(?P<second>\d{1,2})秒?(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half_after>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2})?)?"
)
DATES = (
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})日?",
    r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
    rf"(?P<day>\d{{1,2}})[-/ ]{MONTH}[-/, ]+(?P<year>\d{{4}}|\d{{2}})",
    rf"(?:[a-z]{{3,9}},? )?{MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
)
FORMS = (
    *(re.compile(date + TIME, re.IGNORECASE | re.ASCII) for date in DATES),
    re.compile(
        r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)"
        r"(?:[ T]?(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d))?)?",
        re.ASCII,
    ),
)
EPOCH = re.compile(r"[1-9]\d{9}(?:\d{3})?", re.ASCII)  # seconds or milliseconds since 1970
SERIAL = re.compile(r"[2-9]\d{4}(?:\.\d+)?", re.ASCII)
ORDERED = re.compile(r"\s*(\d{1,2})([-/.])(\d{1,2})\2(?:\d{4}|\d{2})(?!\d)", re.ASCII)

DIGITS_ONLY = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
SCALES = {"": 1, "k": 10**3, "千": 10**3, "w": 10**4, "万": 10**4, "m": 10**6, "亿": 10**8}
AMOUNT = re.compile(
    r"(?P<minus>-?)(?P<before>[^\d.,-]{0,5})(?P<inner>-?)(?P<digits>[\d.,]+)"
    r"(?P<scale>[k千w万m亿]?)(?P<after>[^\d.,-]{0,6})",
    re.IGNORECASE | re.ASCII,
)
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})*,\d{3}(?:\.\d+)?", re.ASCII)
GROUPED_BY_DOTS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", re.ASCII)
CURRENCIES = {
    "CNY": "¥ rmb cny 元 元整 圆 块 人民币 元人民币 人民币元",
    "USD": "$ us$ usd 美元 美金",
    "EUR": "€ eur 欧元",
    "GBP": "£ gbp 英镑",
    "HKD": "hk$ hkd 港币 港元",
    "TWD": "nt$ twd 台币 新台币",
    "JPY": "jpy 日元",
}
CURRENCY_OF = {word: code for code, words in CURRENCIES.items() for word in words.split()}
WITHOUT_CENTS = {"JPY", "KRW", "VND"}
LARGEST = 10**15
MOST_DIGITS = 20  # that a decimal holds exactly, whatever its scale

WON_WORDS = (
    "won win yes y true t 1 success successful converted sold paid purchased customer closed-won "
    "是 成交 已成交 赢 赢单 已赢单 签约 已签约 签单 已签单 成功 已成功 成单 已成单 已购买 已下单 已付款 已到款 已转化 "
    "转化成功 已下订 已交车 已报名 交易成功"
)
LOST_WORDS = (
    "lost lose no n false f 0 failure failed unconverted rejected dead junk invalid disqualified "
    "unqualified closed-lost not-interested not-converted "
    "否 失败 已失败 输 输单 已输单 战败 已战败 无效 已无效 未成交 流失 已流失 丢单 已丢单 放弃 已放弃 拒绝 已拒绝 "
    "无意向 已关闭 已取消 空号 未转化 无效线索 战败线索 交易失败"
)
WON, LOST = frozenset(WON_WORDS.split()), frozenset(LOST_WORDS.split())
BARE = frozenset(
    ["lost", "lose", "no", "n", "false", "f", "0", "否", "输", "失败", "failure", "failed"]
)


def moment(text: str, *, day_first: bool | None = None) -> tuple[datetime | None, str]:
    """Read a date, with a time or without, in Shanghai's time where it names no zone.

    Gives a code instead where it cannot: not_a_date, ambiguous_date (05/06/2026 where nobody says
    which is the month), impossible_date (31 April, or before the year 2000).
    """
    return _moment(text, day_first) if len(text) <= LONGEST else (None, "not_a_date")


@lru_cache(maxsize=20_000)
def _moment(text: str, day_first: bool | None) -> tuple[datetime | None, str]:  # noqa: FBT001
    try:
        found, fault = _written(narrow(text).strip(), day_first=day_first)
    except (ValueError, OverflowError, OSError):
        return None, "impossible_date"
    if found and not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        return None, "impossible_date"
    return found, fault


def _written(text: str, *, day_first: bool | None) -> tuple[datetime | None, str]:
    for form in FORMS:
        if match := form.fullmatch(text):
            return _of_parts(match.groupdict(), day_first=day_first)
    if EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC), ""
    if SERIAL.fullmatch(text):
        return DAY_ZERO + timedelta(seconds=round(float(text) * 86_400)), ""
    return None, "not_a_date"


def _of_parts(
    given: dict[str, str | None], *, day_first: bool | None
) -> tuple[datetime | None, str]:
    parts = {name: text for name, text in given.items() if text}
    month, day = _month_and_day(parts, day_first=day_first)
    if not month:
        return None, "ambiguous_date"
    year = int(parts["year"])
    half = parts.get("half") or parts.get("half_after", "")
    made = datetime(
        year + 2000 if year < 100 else year,
        month,
        day,
        _hour(int(parts.get("hour", 0)), half),
        int(parts.get("minute", 0)),
        int(parts.get("second", 0)),
        int(parts.get("fraction", "0").ljust(6, "0")[:6]),
        tzinfo=_zone(parts.get("zone", "")),
    )
    return made, ""


def _month_and_day(parts: dict[str, str], *, day_first: bool | None) -> tuple[int, int]:
    """Month and day; zeros where the order is not known. 24.11. is written by those who begin with the day."""
    if "word" in parts:
        return MONTHS.index(parts["word"][:3].lower()) + 1, int(parts["day"])
    if "month" in parts:
        return int(parts["month"]), int(parts["day"])
    one, two = int(parts["one"]), int(parts["two"])
    if one > 12 or two > 12 or one == two:
        return (two, one) if one > 12 else (one, two)
    if day_first is None and parts["mark"] != ".":
        return 0, 0
    return (one, two) if day_first is False else (two, one)


def _hour(hour: int, half: str) -> int:
    is_late = half[:1].lower() == "p" or half in {"下午", "晚上"} or (half == "中午" and hour < 11)
    if is_late and hour < 12:
        return hour + 12
    is_midnight = hour == 12 and (half[:1].lower() == "a" or half in {"凌晨", "上午", "早上"})
    return 0 if is_midnight else hour


def _zone(text: str) -> ZoneInfo | timezone:
    if not text:
        return HERE
    offset = text.upper().removeprefix("UTC").removeprefix("GMT")
    if offset in {"", "Z"}:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def day_order(texts: list[str]) -> bool | None:
    """Does the day come first in dates such as 24/11/2026? None where nothing tells, or they contradict."""
    votes = set()
    for text in texts:
        match = ORDERED.match(narrow(text))
        if match and (int(match[1]) > 12) != (int(match[3]) > 12):
            votes.add(int(match[1]) > 12)
    return votes.pop() if len(votes) == 1 else None


def money(text: str, currency: str = "CNY") -> tuple[int | None, str]:
    """Read an amount in minor units and its currency; None where it is no amount.

    ￥1,200.50, 12万, 1.2万元, 12,000.00, (300) and US$ 99 are amounts.
    """
    return _money(text, currency) if len(text) <= LONGEST else (None, currency)


@lru_cache(maxsize=20_000)
def _money(text: str, currency: str) -> tuple[int | None, str]:
    plain = re.sub(r"\s", "", narrow(text)).replace("￥", "¥")
    is_negative = plain[:1] == "(" and plain[-1:] == ")"
    match = AMOUNT.fullmatch(plain[1:-1] if is_negative else plain)
    digits = plain_digits(match["digits"]) if match else ""
    if not match or not digits or len(digits) > MOST_DIGITS:
        return None, currency
    marks = [mark.lower() for mark in (match["before"], match["after"]) if mark]
    if any(mark not in CURRENCY_OF for mark in marks):
        return None, currency
    currency = CURRENCY_OF[marks[0]] if marks else currency
    minor = Decimal(digits) * SCALES[match["scale"].lower()]
    minor *= 1 if currency in WITHOUT_CENTS else 100
    amount = int(minor.quantize(Decimal(1), ROUND_HALF_UP))
    sign = -1 if is_negative or match["minus"] or match["inner"] else 1
    return (sign * amount if amount <= LARGEST else None), currency


def plain_digits(text: str) -> str:
    """Give the digits of a number without what groups them; nothing where it is no number."""
    if GROUPED_BY_DOTS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if GROUPED.fullmatch(text):
        return text.replace(",", "")
    return text if DIGITS_ONLY.fullmatch(text) else ""


def says_number(text: str) -> bool:
    """Is it one number and nothing else?"""
    return DIGITS_ONLY.fullmatch(text) is not None or is_number(text)


def folded(text: str) -> str:
    """Give a text as it compares: trimmed, of one width, without case."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def scrambled(text: str) -> str:
    """Give a folded text with its Latin letters sorted, so that swapped ones make no difference.

    Digits, signs and Chinese characters stay as they are and where they are.
    """
    return _scrambled(text) if len(text) <= LONGEST else _scrambled.__wrapped__(text)


@lru_cache(maxsize=20_000)
def _scrambled(text: str) -> str:
    text = folded(text)
    if text.isdigit():
        return text
    letters = [c for c in text if c.isalpha() and c < CHINESE]
    rest = "".join(c for c in text if not (c.isalpha() and c < CHINESE))
    return f"{rest}\x1e{''.join(sorted(letters))}"


def ending(text: str) -> str:
    """Does a word mean won or lost? Empty where it means neither."""
    word = folded(text).replace(" ", "-")
    if word in WON:
        return "won"
    return "lost" if word in LOST else ""
