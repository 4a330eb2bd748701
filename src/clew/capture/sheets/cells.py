"""What a cell looks like: a number, a date, the name of a column."""

import re

_NUMBER = re.compile(
    r"[-+(]?\s*[¥￥$€£]?\s*[-+]?\d[\d,  ]*(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s*(?:[%)元]|万元?)?"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    r"(?:(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}"
    r"|(?:19|20)\d\d年\d{1,2}月(?:\d{1,2}日?)?"
    r"|\d{1,2}([-/.])\d{1,2}\2(?:\d\d)?\d\d"
    rf"|\d{{1,2}}[-/ ]{_MONTH}[-/, ]+(?:\d\d)?\d\d|{_MONTH} \d{{1,2}},? \d{{4}})"
    r"(?:[T ,]+\d{1,2}[:：]\d\d.{0,20})?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\D*(?:\d\D{0,3}){7,}")
_YEAR = re.compile(r"(?:19|20)\d\d年?")
_NAMES = re.compile(
    r".*(?:姓名|名字|名称|电话|手机|联系|邮箱|邮件|微信|地址|日期|时间|备注|来源|渠道|编号|序号|状态|性别"
    r"|年龄|产品|需求|留言|内容|金额|结果|原因|编码|代码|线索|负责人).*"
    r"|(?:所在|归属|所属)?(?:省|市|县|省份|城市|区县|地区|区域|公司|单位|企业|客户)(?:名|全称)?"
    r"|.*\b(?:names?|phone|mobile|tel|telephone|cell|e-?mail|wechat|company|city|country|date|time|id"
    r"|no|status|source|notes?|remarks?|comments?|address|region|gender|sex|age|job|amount|value|type"
    r"|code|category|product|message|contact|owner|result|reason|first|last|title|number|key|price)\b.*",
    re.IGNORECASE,
)


def is_number(cell: str) -> bool:
    """Whether the cell holds one number and nothing else."""
    return len(cell) < 60 and bool(_NUMBER.fullmatch(cell.strip()))


def is_date(cell: str) -> bool:
    """Whether the cell holds one date, with a time or without."""
    return len(cell) < 60 and bool(_DATE.fullmatch(cell.strip()))


def is_value(cell: str) -> bool:
    """Whether the cell is surely no name of a column. A year may be one."""
    cell = cell.strip()
    if len(cell) > 100 or "@" in cell or "://" in cell or _DIGITS.match(cell[:100]):
        return True
    return (is_number(cell) or is_date(cell)) and not _YEAR.fullmatch(cell)


def is_usual_name(cell: str) -> bool:
    """Whether columns are often called so."""
    return len(cell) <= 24 and bool(_NAMES.fullmatch(cell.replace("_", " ").strip()))
