"""The list of troubles as a sheet, to be worked on elsewhere or sent back to whoever supplied it."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from clew.access.models import Member, Role
from clew.base.ledger import Actor
from clew.base.sheets_out import Format, sheet
from clew.base.workbook import Cell
from clew.capture.actions.rejections import record_export
from clew.capture.errors import LeadsRefused
from clew.capture.salvage import salvage
from clew.capture.ways import ways
from clew.contacts.rules import mask, veil
from clew.errors import Denied
from clew.web.office import troubles
from clew.web.office.errors import PurposeMissing, TooManyTroubles
from clew.web.office.reasons import fault_words, reason
from clew.web.office.troubles import Filter, Trouble

MOST = 20_000
STEP = 500
SECRET = ("phone", "email", "wechat")
FIELDS: dict[str, str | Promise] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "wechat": _("WeChat"),
    "email": _("E-mail"),
    "company": _("Company"),
    "region": _("Region"),
    "category": _("Product group"),
    "source": _("Source"),
    "message": _("What do they want?"),
    "introduced_by": _("Introduced by"),
}
PURPOSES: dict[str, str | Promise] = {
    "correct": _("to correct them in a sheet"),
    "supplier": _("to send them back to the supplier"),
    "audit": _("for an audit"),
}


def sheet_of(viewer: Member, chosen: Filter, purpose: str, now: datetime) -> bytes:
    """Give all that fits as CSV: masked without a purpose, in full with one; either is recorded.

    Raises Denied, TooManyTroubles, PurposeMissing.
    """
    if viewer.role != Role.ADMINISTRATOR:
        raise Denied
    if purpose and purpose not in PURPOSES:
        raise PurposeMissing
    total = troubles.counts(chosen).total
    if total > MOST:
        raise TooManyTroubles
    heads = [
        _("When"),
        _("Way in"),
        _("By"),
        _("Reason"),
        _("Code"),
        _("Faults"),
        _("Times"),
        *FIELDS.values(),
    ]
    rows = _rows(chosen, is_full=bool(purpose))
    content = b"".join(sheet(Format.CSV, [str(head) for head in heads], rows))
    record_export(total, purpose, actor=Actor("member", str(viewer.pk)), now=now)
    return content


def _rows(chosen: Filter, *, is_full: bool) -> Iterator[list[Cell]]:
    after = ""
    while True:
        found = troubles.some(Filter(**chosen.parts(), after=after), STEP)
        for row in found.rows:
            yield _row(row, is_full=is_full)
        after = found.after
        if not after:
            return


def _row(row: Trouble, *, is_full: bool) -> list[Cell]:
    faults = "; ".join(f"{f['field']} {fault_words(f['code'])}".strip() for f in row.faults)
    texts = _texts(row) if is_full else _masked(_texts(row))
    told: list[Cell] = [
        localtime(row.at),
        row.way,
        row.sender,
        str(reason(row.code).title),
        row.code,
        faults,
    ]
    return [*told, row.count, *(texts.get(name, "") for name in FIELDS)]


def _texts(row: Trouble) -> dict[str, str]:
    if not row.raw:
        return {}
    try:
        return salvage(row.raw, row.at).texts
    except LeadsRefused:
        return {}


def _masked(texts: dict[str, str]) -> dict[str, str]:
    shown = {name: veil(text) for name, text in texts.items() if name not in SECRET}
    for name in SECRET:
        given = {other: texts.get(other, "")[:200] if other == name else "" for other in SECRET}
        found = ways(**given)
        raw = given[name].strip()
        shown[name] = mask(found[0].kind, found[0].value) if found else troubles.hidden(raw)
    return shown
