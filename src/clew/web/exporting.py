"""`clew export leads`: a sheet of leads into a file, by whoever runs this machine, on the record."""

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

from django.utils import timezone

from clew.base import files
from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.base.sheets_out import Format
from clew.errors import ClewError, Invalid
from clew.pipeline.actions.exports import Order, ask, delete, make
from clew.pipeline.extract import COLUMNS, offered
from clew.pipeline.filters import Filter
from clew.pipeline.models import Export
from clew.web.terminal import LANGUAGE, _, say

FIELDS = ("place", "grade", "source", "q")


class FilterUnknown(Invalid):
    """A filter is written as place=pool, grade=3, source=KEY or q=WORDS."""

    code = "filter_unknown"


class ColumnUnknown(Invalid):
    """There is no such column."""

    code = "column_unknown"


class ExportStopped(ClewError):
    """The export came to nothing."""

    code = "export_stopped"


class OutUnwritable(Invalid):
    """The file cannot be written there."""

    code = "out_unwritable"


def main(argv: Sequence[str]) -> None:
    """Make the sheet here and now, and write it to the file; what was kept of it meanwhile goes."""
    options = _options(argv)
    began = time.monotonic()
    kind = Format(options.format or ("csv" if options.out.suffix.lower() == ".csv" else "xlsx"))
    order = Order(
        wanted=_filter(options.filter),
        columns=_columns(options.columns),
        format=kind,
        language=LANGUAGE,
        zone=timezone.get_current_timezone_name(),
        is_masked=not options.unmask,
        reason=options.reason,
    )
    if not options.out.absolute().parent.is_dir() or options.out.is_dir():
        raise OutUnwritable(out=str(options.out))
    export = _made(order)
    _write(export, options.out)
    told = {
        "rows": export.row_count,
        "masked": export.is_masked,
        "bytes": options.out.stat().st_size,
        "seconds": round(time.monotonic() - began, 1),
    }
    say(dumps(told) if options.json else _("%s leads written.") % export.row_count)


def _made(order: Order) -> Export:
    holder = uuid7()
    export = ask(order, viewer=None, now=datetime.now(UTC), holder=holder)
    while export.ended_at is None:
        make(export, holder=holder, now=datetime.now(UTC))
        export = Export.objects.get(pk=export.pk)
        is_ours = export.held_by in {holder, None}
        if not is_ours:
            raise ExportStopped(problem="a worker has it")
    if export.state != Export.State.DONE:
        raise ExportStopped(problem=export.problem)
    return export


def _write(export: Export, out: Path) -> None:
    try:
        with out.open("wb") as file:
            if export.file_id:
                file.writelines(files.read(export.file_id))
    except OSError as refused:
        raise OutUnwritable(out=str(out), reason=refused.strerror) from refused
    finally:
        delete(export.pk, viewer=None, now=datetime.now(UTC))


def _filter(given: Sequence[str]) -> Filter:
    pairs = [pair for one in given for pair in parse_qsl(one.lstrip("?"), keep_blank_values=True)]
    is_wrong = any(name not in FIELDS or not value for name, value in pairs)
    if is_wrong or any("=" not in one for one in given):
        raise FilterUnknown(filter=" ".join(given))
    return Filter(**dict(pairs))


def _columns(given: str) -> tuple[str, ...]:
    known = offered()
    usual = (code for code, column in known.items() if column.is_usual)
    wanted = tuple(given.split(",")) if given else tuple(usual)
    unknown = [code for code in wanted if code not in known]
    if unknown:
        raise ColumnUnknown(unknown=",".join(unknown), known=",".join(known))
    return wanted


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clew export", description=__doc__)
    parser.add_argument("what", choices=["leads"])
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--format", choices=list(Format), help="default: what the file's name says")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="place, grade, source or q, as in the address of the list; may be repeated",
    )
    parser.add_argument("--columns", default="", help=",".join((*COLUMNS, "custom.KEY")))
    parser.add_argument("--unmask", action="store_true", help="full numbers; needs --reason")
    parser.add_argument("--reason", default="", help="what the full numbers are for")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args(argv)
