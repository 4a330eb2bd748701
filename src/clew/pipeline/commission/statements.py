"""A person's month with a team as a file: a sheet to calculate with, a page to sign."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clew.base.money import money
from clew.base.sheets_out import Format, sheet
from clew.base.workbook import Cell
from clew.pipeline.commission.pdf import Table, page
from clew.pipeline.commission.queries import Month, Told
from clew.pipeline.commission.wins import terms_of
from clew.pipeline.commission.wording import CAUSES, in_words

DAY = "%Y-%m-%d"
XLSX, PDF = "xlsx", "pdf"
MEDIA = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A month that is to be written down, by whom it was asked for and when."""

    month: Month
    organisation: str
    asked_by: str
    at: datetime

    @property
    def state(self) -> str:
        """Say whether it may still change."""
        closing = self.month.closing
        if closing:
            words = {"day": localtime(closing.closed_at).strftime(DAY), "who": closing.closer.name}
            return _("Closed on %(day)s by %(who)s") % words
        words = {"time": localtime(self.at).strftime(f"{DAY} %H:%M")}
        return _("Not closed: as of %(time)s, may still change") % words


def write(kind: str, told: Statement) -> bytes:
    """Give the bytes of a statement as one of `MEDIA`."""
    if kind == PDF:
        return _pdf(told)
    return b"".join(sheet(Format.XLSX, _heads(), _rows(told.month)))


def _heads() -> list[str]:
    return [
        _("Day"),
        _("Lead"),
        _("What happened"),
        _("Counted of the deal"),
        _("Own share, %"),
        _("Own base"),
        _("Month's base before"),
        _("Plan"),
        _("Won in"),
        _("Commission"),
    ]


def _rows(month: Month) -> Iterator[list[Cell]]:
    for told in reversed(month.lines):
        line = told.line
        yield [
            localtime(line.at).date(),
            told.title,
            str(CAUSES[line.cause]),
            _yuan(line.worth_minor),
            line.percent,
            _yuan(line.base_minor),
            _yuan(line.base_before),
            f"v{line.plan.version}",
            line.earned_in.strftime("%Y-%m"),
            _yuan(line.amount_minor),
        ]
    yield [_("Sum"), *[None] * 8, _yuan(month.total)]


def _pdf(told: Statement) -> bytes:
    month = told.month
    terms = in_words(terms_of(month.plan)) if month.plan else ""
    plan = _("Plan %(n)d") % {"n": month.plan.version} if month.plan else ""
    facts = [
        (pgettext("statement", "Person"), month.member.name),
        (_("Team"), month.team.name),
        (_("Month"), month.month.strftime("%Y-%m")),
        (plan, terms),
        (_("Deals that stand"), str(month.deals)),
        (_("Commission"), money(month.total)),
    ]
    table = Table(
        heads=[_("Day"), _("Lead"), _("What happened"), _("Own base"), _("Plan"), _("Commission")],
        widths=(18, 44, 34, 32, 12, 30),
        numbers=frozenset({3, 5}),
        rows=[_line(one) for one in reversed(month.lines)],
        last=[_("Sum"), "", "", "", "", money(month.total)],
    )
    foot = f"{told.organisation} / {_('taken by %(who)s') % {'who': told.asked_by}}"
    heading = _("Statement of commission")
    return page(heading, told.state, [(k, v) for k, v in facts if k], table, foot)


def _line(told: Told) -> list[str]:
    line = told.line
    share = f" / {line.percent} %" if 0 < line.percent < 100 else ""
    return [
        localtime(line.at).strftime("%m-%d"),
        told.title,
        f"{CAUSES[line.cause]}{share}",
        money(line.base_minor),
        f"v{line.plan.version}",
        money(line.amount_minor),
    ]


def _yuan(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100
