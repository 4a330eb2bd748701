"""Is a lead fit to be stored, and what does a pasted text say?"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from clew.capture.custom import Definitions, accept_all
from clew.capture.gazetteer import cities
from clew.capture.schemas import LeadIn
from clew.capture.surnames import DOUBLE_SURNAMES, SURNAMES
from clew.capture.ways import MOBILE, numbers, ways

MOST_LEADS = 1_000
MOST_LEVELS = 16
LARGEST_LEAD = 262_144  # bytes of JSON
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
ONE_KIND = bytes.maketrans(b"{}", b"[]")
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
PROOF_BITS = 14
MOST_PROOF_BITS = 16
QUIET = 60  # sendings of one form in ten minutes
LONGEST_REACH = 120
LONGEST_PHONE = 60
LONGEST_FIELD = 80  # of the name of a field that has a fault
ANSWER = ":answer"  # behind the id of what was sent first
TYPED = ("name", "phone", "wechat", "email", "company", "region")
encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the lead at `index`; `code` is stable, the words for it are translated."""

    index: int
    field: str
    code: str


def faults_of(index: int, lead: LeadIn, latest: datetime) -> Iterator[Fault]:
    """Everything that keeps one lead from being stored, beyond the types that the schema holds."""
    if not is_reachable(lead):
        yield Fault(index, "", "unreachable")
    if lead.occurred_at and not EARLIEST <= lead.occurred_at <= latest:
        yield Fault(index, "occurred_at", "impossible_date")
    for n, consent in enumerate(lead.consents):
        if not EARLIEST <= consent.given_at <= latest:
            yield Fault(index, f"consents[{n}].given_at", "impossible_date")
    for field, value in (("answers", lead.answers), ("extra", lead.extra)):
        if value and is_deep(encode(value), MOST_LEVELS):
            yield Fault(index, field, "too_deep")


def typed(leads: Sequence[LeadIn], fields: Definitions) -> tuple[list[LeadIn], list[Fault]]:
    """Turn the custom fields of leads into what is kept, and name every value that is none."""
    done: list[LeadIn] = []
    faults: list[Fault] = []
    for n, lead in enumerate(leads):
        if lead.custom:
            kept, wrong = accept_all(fields, lead.custom)
            faults += [Fault(n, f"custom.{key}"[:LONGEST_FIELD], code) for key, code in wrong]
            lead = replace(lead, custom=kept)  # noqa: PLW2901
        done.append(lead)
    return done, faults


def set_aside(lead: LeadIn, fields: Definitions) -> LeadIn:
    """Keep in `extra` what custom fields cannot hold, so that it does not hold the lead up."""
    kept, wrong = accept_all(fields, lead.custom)
    aside = {f"custom.{key}": lead.custom[key] for key, _ in wrong}
    return replace(lead, custom=kept, extra=lead.extra | aside)


def answer_key(first_id: UUID) -> str:
    """Give by what the one answer to a form's further question is known, besides what was sent first."""
    return f"{first_id}{ANSWER}"


def is_answer(lead: LeadIn) -> bool:
    """Tell an answer to a form's further question from a new enquiry."""
    return bool(lead.answers) and not lead.message and (lead.external_id or "").endswith(ANSWER)


def is_reachable(lead: LeadIn) -> bool:
    """Does a phone number, an e-mail address or a WeChat id reach the person? Any one suffices.

    Says what the belt will say; the common phone costs one pattern, since the API asks this of every lead.
    """
    if MOBILE.fullmatch(lead.phone):
        return True
    return bool(ways(lead.phone, lead.email, lead.wechat))


def is_deep(encoded: bytes, levels: int) -> bool:
    """Is JSON nested more than `levels` deep? Looks at brackets only, so no input makes it slow."""
    if encoded.count(b"[") + encoded.count(b"{") <= levels:
        return False
    brackets = STRING.sub(b"", encoded).translate(ONE_KIND, NOT_BRACKETS)
    for _ in range(levels):  # each turn takes the innermost level away
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def holds_nul(encoded: bytes) -> bool:
    """Does any text in JSON hold the NUL character, which PostgreSQL cannot store?"""
    return b"\\u0000" in encoded and NUL.search(encoded) is not None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a pasted text says about a lead. What was not recognised is in the message."""

    name: str = ""
    phone: str = ""
    wechat: str = ""
    email: str = ""
    company: str = ""
    region: str = ""
    message: str = ""
    quantity: int | None = None


Hit = tuple[str, int, int]  # a value and the span of text that it uses up
MASK = "\uf8ff"  # stands where something was recognised
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, ord(MASK): 0x20}
BREAK = rf"\s,;、。!?|{MASK}"
PLACE = "|".join(sorted(cities(), key=len, reverse=True))
SURNAME = "|".join((*DOUBLE_SURNAMES.split(), *SURNAMES))
TITLE = "先生|女士|小姐|总|工|经理|主任|老板|老师|师傅|厂长"
NOT_NAMES = (
    "马达 方案 安装 高速 高压 高温 温度 温控 时间 应用 水泵 单价 平时 明天 明年 全部 全新 后面 都要 相关 "
    "需要 通用 通讯 别的 能否 连接 包装 计划 时候 车间 车床 成品 双轴 石材 白色 红色 国产 广告 云台"
)
EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,30}){1,3}", re.ASCII
)
WECHAT = re.compile(
    r"(?:微信号?|薇信|威信|wechat(?: ?id)?|weixin|(?<![A-Za-z@._-])(?:wx|vx|v))\s*(?:号|是|为)?\s*[::]?\s*"
    r"(1[3-9]\d{9}(?!\d)|[a-z][-_a-z0-9]{5,19}(?![-_a-z0-9@]|\.[a-z]))",
    re.IGNORECASE | re.ASCII,
)
WECHAT_ID = re.compile(r"[A-Za-z][-_A-Za-z0-9]{5,19}")
SAME_WECHAT = re.compile(r"(?:微信|wechat|vx|v信?)\s*同(?:手机号?|电话|号)?", re.IGNORECASE)
PHONES = (
    re.compile(r"(?<![\d+])(?:\+?\(?(?:00)?86\)?[-\s]?)?1[3-9]\d(?:[-\s.]?\d){8}(?!\d)"),
    re.compile(r"(?<!\d)400(?:[-\s]?\d){7}(?!\d)"),
    re.compile(r"(?<!\d)\(?0\d{2,3}\)?[-\s]?[2-9]\d{6,7}(?:(?:-|转)\d{1,6})?(?!\d)"),
    re.compile(r"(?<![\d+])\+[1-9](?:[-\s().]{0,2}\d){6,14}(?!\d)"),
)
LABEL = r"\s*(?:是|为)?\s*:\s*"
PHONE_LABEL = re.compile(
    r"(?:手机号码?|联系电话|联系方式|电话|手机|tel|phone|mobile)\s*[::]?\s*$", re.IGNORECASE
)
EMAIL_LABEL = re.compile(r"(?:电子邮箱|邮箱|邮件|e-?mail)\s*[::]?\s*$", re.IGNORECASE)
INTRODUCTION = r"(?:我们公司是|我们是|我们|我公司|我司|我是|这里是|这边是|来自)?"
COMPANIES = (
    re.compile(rf"(?:公司名称|公司|单位|company){LABEL}([^,;。\n{MASK}]{{1,120}})", re.IGNORECASE),
    re.compile(
        rf"(?:(?<=[{BREAK}])|^){INTRODUCTION}([\u4e00-\u9fffA-Za-z0-9()·&-]{{2,40}}"
        r"(?:有限责任公司|股份有限公司|有限公司|分公司|集团|公司|经营部|商行|研究院|研究所|设计院|工作室))"
    ),
    re.compile(
        rf"(?:(?<=[{BREAK}])|^){INTRODUCTION}(?![要想需求询做买采购换修装搞用配找问])"
        rf"((?:{PLACE})[\u4e00-\u9fff]{{2,12}}(?:厂|设备|机械|电子|五金|制造|仪表|液压|贸易|自动化|机电|科技|电气|工控|实业|智能)"
        rf"|[\u4e00-\u9fffA-Za-z]{{2,12}}(?:工厂|厂|自动化|机电|科技|电气|工控|实业|智能))(?=[{BREAK}]|$)"
    ),
    re.compile(
        r"(?<!\w)([A-Z][\w&.'-]{0,30}(?: [A-Z&][\w&.'-]{0,30}){0,5},? "
        r"(?:Co\.?,? ?Ltd\.?|Ltd\.?|Inc\.?|LLC|GmbH|Corp\.?|Corporation|Limited|B\.V\.))(?!\w)"
    ),
)
REGIONS = (
    re.compile(
        rf"(?:所在地区|所在地|收货地址|地址|地区|城市|区域|address|city){LABEL}([^,;。\n{MASK}]{{1,120}})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:(?<=[{BREAK}])|^)((?:(?:{PLACE})(?:省|市|自治区)?){{1,2}}"
        rf"(?:[^{BREAK}]{{0,30}}(?:区|县|镇|市|路|街|号|园))?)(?:的|这边)?(?=[{BREAK}]|$)"
    ),
)
NAMES = (
    re.compile(
        rf"(?:联系人|姓名|称呼|名字|name|contact){LABEL}([^,;。\n{MASK}]{{1,40}})", re.IGNORECASE
    ),
    re.compile(rf"(?:我叫|我是)((?:{SURNAME})[\u4e00-\u9fff]{{1,2}})(?=[{BREAK}]|$)"),
    re.compile(
        rf"^[{BREAK}]*([A-Z][a-z]{{1,20}}(?: [A-Z][a-z'-]{{1,20}}){{1,2}})(?=[,;\n{MASK}]|\s+{MASK}|$)"
    ),
)
PERSON = re.compile(
    rf"(?:{SURNAME})(?:[\u4e00-\u9fff]{{0,2}}(?:{TITLE})|[\u4e00-\u9fff]{{1,2}})|[小老阿](?:{SURNAME})"
)
TOKEN = re.compile(rf"[^{BREAK}]+")
COUNT = re.compile(
    r"(?<![A-Za-z0-9.])(\d{1,6}|[一两二三四五六七八九十])\s*(?:台|套|个|件|只|支|条|根|块|片|箱|pcs|pieces|units|sets)",
    re.IGNORECASE,
)
DIGITS = dict(zip("一两二三四五六七八九十", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10), strict=True))


def parse_paste(text: str) -> Draft:
    """Read a text as people paste it: who, how to reach them, from where, and what they want.

    Nothing is lost: whatever is not recognised stays in the message, in its order. Full-width
    digits and punctuation count as their narrow twins.
    """
    open_text = text.translate(NARROW)
    found: dict[str, str] = {}
    for field, find in FINDERS:
        hit = find(open_text)
        if hit is None:
            continue
        found[field], start, end = hit
        open_text = open_text[:start] + MASK * (end - start) + open_text[end:]
    same = SAME_WECHAT.search(open_text)
    if same and found.get("phone") and "wechat" not in found:
        found["wechat"] = found["phone"]
        open_text = open_text[: same.start()] + MASK * len(same[0]) + open_text[same.end() :]
    if "region" not in found and (place := re.search(PLACE, found.get("company", "") + open_text)):
        found["region"] = place[0]
    return Draft(**found, message=_left(text, open_text), quantity=_quantity(open_text))


def work_bits(sendings: int) -> int:
    """How much work a form asks for: a bit more for each doubling beyond `QUIET` in ten minutes.

    2**14 hashes take a phone about a tenth of a second; at 2**16 hardly one phone in a hundred needs
    two seconds, and it works while the person types.
    """
    return min(MOST_PROOF_BITS, PROOF_BITS + ((max(sendings, 1) - 1) // QUIET).bit_length())


def is_proven(nonce: str, proof: str, bits: int = PROOF_BITS) -> bool:
    """Was work done for this form? SHA-256 of `nonce:proof` must begin with so many zero bits.

    After Back, "Hashcash" (2002).
    """
    digest = hashlib.sha256(f"{nonce}:{proof}".encode()).digest()
    return proof.isdigit() and int.from_bytes(digest[:4], "big") >> (32 - bits) == 0


def reach_of(text: str) -> Draft | None:
    """What one field says about how to reach somebody, or None where it says nothing of it."""
    draft = parse_paste(text)
    if draft.phone or draft.email or draft.wechat:
        return draft
    plain = text.translate(NARROW).strip()
    if WECHAT_ID.fullmatch(plain):
        return Draft(wechat=plain)
    if numbers(plain):
        return Draft(phone=plain)
    return None


def as_typed(reach: str, message: str) -> dict[str, str]:
    """The fields of a lead that a form's two fields amount to, however wrong; none if both are blank.

    What says nothing of how to reach the person goes before the message, so that nothing is lost.
    """
    reach, message = reach.strip(), message.strip()
    draft = reach_of(reach) if len(reach) <= LONGEST_REACH else None
    if draft is None and re.search(r"\d", reach) and len(reach) <= LONGEST_PHONE:
        draft = Draft(phone=reach)
    found = draft or Draft(message=reach)
    typed = {name: getattr(found, name) for name in TYPED if getattr(found, name)}
    lines = [line for line in (found.message, message) if line]
    return {**typed, "message": "\n".join(lines)} if lines else typed


def _left(text: str, open_text: str) -> str:
    """What was not recognised, without the punctuation that only joined what was."""
    kept = "".join(
        MASK if mark == MASK else char for char, mark in zip(text, open_text, strict=True)
    )
    kept = re.sub(rf"(?:[ \t]*[,，;；、|:：]*[ \t]*{MASK}+)+[ \t]*[,，;；、|:：]*[ \t]*", " ", kept)
    lines = (line.strip() for line in kept.splitlines())
    return "\n".join(line for line in lines if line)


def _quantity(open_text: str) -> int | None:
    count = COUNT.search(open_text)
    if count is None:
        return None
    return DIGITS.get(count[1]) or int(count[1])


def _email(text: str) -> Hit | None:
    return _labelled(EMAIL.search(text), EMAIL_LABEL, text)


def _phone(text: str) -> Hit | None:
    match = next((match for phone in PHONES if (match := phone.search(text))), None)
    hit = _labelled(match, PHONE_LABEL, text)
    return hit and (re.sub(r"[-\s().]", "", hit[0]), hit[1], hit[2])


def _labelled(match: re.Match[str] | None, label: re.Pattern[str], text: str) -> Hit | None:
    if match is None:
        return None
    named = label.search(text[: match.start()])
    return match[0], named.start() if named else match.start(), match.end()


def _first_of(patterns: tuple[re.Pattern[str], ...]) -> Callable[[str], Hit | None]:
    def find(text: str) -> Hit | None:
        for pattern in patterns:
            match = pattern.search(text)
            if match and match[1].strip():
                return match[1].strip(), match.start(), match.end()
        return None

    return find


def _name(text: str) -> Hit | None:
    hit = _first_of(NAMES)(text)
    if hit:
        return hit
    before = next(
        (m for m in TOKEN.finditer(text) if text[m.end() :].lstrip(" ,:")[:1] == MASK), None
    )
    for token in (TOKEN.search(text), before):
        if token and PERSON.fullmatch(token[0]) and token[0] not in NOT_NAMES.split():
            return token[0], token.start(), token.end()
    return None


FINDERS: tuple[tuple[str, Callable[[str], Hit | None]], ...] = (
    ("email", _email),
    ("wechat", _first_of((WECHAT,))),
    ("phone", _phone),
    ("company", _first_of(COMPANIES)),
    ("region", _first_of(REGIONS)),
    ("name", _name),
)
