"""What makes two contacts look like one person: pure. Keys bring candidates together, reasons decide.

A key is a text that both would have, hashed before it is stored. Phone numbers that differ in one digit,
or by two neighbours swapped, have the part before or the part after their middle digit in common.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clew.capture.surnames import DOUBLE_SURNAMES

WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "number_elsewhere": 80,  # the number of one stands in the message or another field of the other
        "same_name": 75,  # same company and same name
        "typo": 70,  # numbers one digit or one swap apart, with the same name
        "overlap": 60,  # one gave a way of reaching somebody that is the other's
        "same_mailbox": 60,  # same company, and what stands before the @ is the same
        "alike_name": 45,  # same company, and one name may be short for the other
    }
)
AT_LEAST = 40
TITLES = re.compile(r"(?:先生|女士|小姐|老师|师傅|经理|主任|厂长|总监|老板|总|工)$")
FORMS = re.compile(
    r"(?:(?:股份|集团|有限责任|有限)*公司|\bco\.?,? *ltd\.?|\bltd\.?|\binc\.?|\bgmbh|\bllc)$"
)
BLANKS = re.compile(r"[\W_]+")
CJK = re.compile(r"[\u4e00-\u9fff]")
NUMBER_ELSEWHERE = re.compile(r"(?<![\d.])\+?\d(?:[ \-]?\d){7,16}(?![\d.])")
DOUBLE = frozenset(DOUBLE_SURNAMES.split())
NO_COMPANY = {"无", "没有", "个人", "暂无", "none", "na", "private"}


@dataclass(frozen=True, slots=True)
class Face:
    """What is known of a contact: values in full, numbers in E.164."""

    name: str
    company: str
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Keys:
    """By what a contact is found, and by what it looks for others."""

    stored: frozenset[str]
    sought: frozenset[str]


def keys(face: Face) -> Keys:
    """Give the keys of a contact."""
    company, name = company_core(face.company), name_core(face.name)
    both: set[str] = set()
    if name:
        both |= {f"phone:{name}|{half}" for phone in face.phones for half in _halves(phone)}
    if company and name:
        both.add(f"name:{company}|{name}")
    if company:
        both |= {f"mailbox:{company}|{local(email)}" for email in face.emails}
    stem, is_short = _stem(face.name)
    if not company or not stem:
        return Keys(frozenset(both), frozenset(both))
    full, short = f"full:{company}|{stem}", f"short:{company}|{stem}"
    return Keys(
        frozenset(both | {short if is_short else full}),
        frozenset(both | ({short, full} if is_short else {short})),
    )


def reasons(one: Face, other: Face) -> list[str]:
    """Say why two contacts may be one, by what they are; what they wrote is looked at elsewhere."""
    found = []
    company = company_core(one.company)
    is_same_company = bool(company) and company == company_core(other.company)
    name = name_core(one.name)
    is_same_name = bool(name) and name == name_core(other.name)
    if is_same_company and is_same_name and not _stem(one.name)[1]:
        found.append("same_name")
    elif is_same_company and is_short_for(one.name, other.name):
        found.append("alike_name")
    if is_same_name and any(is_typo(a, b) for a in one.phones for b in other.phones):
        found.append("typo")
    theirs = {local(email) for email in other.emails}
    if is_same_company and any(local(email) in theirs for email in one.emails):
        found.append("same_mailbox")
    return found


def score(found: Collection[str]) -> int:
    """Give how likely it is, 0 to 99: reasons add up as independent chances do."""
    doubt = 1.0
    for reason in found:
        doubt *= 1 - WEIGHTS[reason] / 100
    return min(99, round(100 * (1 - doubt)))


def is_typo(one: str, other: str) -> bool:
    """Tell whether two numbers differ in one digit, or by two neighbours swapped."""
    if len(one) != len(other) or one == other:
        return False
    apart = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) == 1:
        return True
    if len(apart) != 2 or apart[1] != apart[0] + 1:
        return False
    i, j = apart
    return one[i] == other[j] and one[j] == other[i]


def is_short_for(one: str, other: str) -> bool:
    """Tell whether one name may be short for the other: 王工 for 王建国, Jane for Jane Doe."""
    (stem, is_short), (other_stem, other_is_short) = _stem(one), _stem(other)
    return bool(stem) and stem == other_stem and (is_short or other_is_short)


def numbers_in(texts: Iterable[str]) -> Iterator[str]:
    """Give whatever looks like a phone number in texts, as it stands there."""
    for text in texts:
        for match in NUMBER_ELSEWHERE.finditer(text):
            yield match[0]


def name_core(name: str) -> str:
    """Give a name as it is compared: without blanks, case and title."""
    return TITLES.sub("", BLANKS.sub("", name.casefold()))


def company_core(company: str) -> str:
    """Give a company's name as it is compared: without blanks, case and legal form."""
    core = BLANKS.sub("", FORMS.sub("", company.casefold().strip()))
    return "" if core in NO_COMPANY else core


def local(email: str) -> str:
    """Give what stands before the @, without a tag."""
    return email.partition("@")[0].partition("+")[0].casefold()


def _stem(name: str) -> tuple[str, bool]:
    """Give the family name, or the first word of a Latin name, and whether the name is no more than that."""
    told = name.casefold().strip()
    if CJK.search(told):
        bare = BLANKS.sub("", told)
        core = TITLES.sub("", bare)
        if bare[:1] in {"老", "小"} and len(bare) == 2:
            return bare[1:], True
        surname = core[:2] if core[:2] in DOUBLE else core[:1]
        return surname, core == surname
    words = told.split()
    return (words[0], len(words) == 1) if words else ("", False)


def _halves(phone: str) -> tuple[str, str]:
    digits = phone.partition(",")[0]
    middle = len(digits) // 2
    return f"{digits[:middle]}-", f"-{digits[middle + 1 :]}"
