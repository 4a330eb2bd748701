"""`clew import FILE --source NAME`: the same import as in the browser, carried on by this command.

It goes on where it stopped when it is run again with the same file and source.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.utils.text import slugify
from django.utils.translation import override

from clew.base.ids import uuid7
from clew.base.ledger import Actor
from clew.base.sheets_out import Format
from clew.capture import columns
from clew.capture.actions import imports, rows
from clew.capture.actions.sources import SourceData, add_source
from clew.capture.columns import Plan
from clew.capture.custom import CUSTOM
from clew.capture.errors import HoldLost
from clew.capture.guessing import guess
from clew.capture.models import Import, Source
from clew.capture.queries import definitions, last_plan
from clew.capture.sheets import reading
from clew.capture.sheets.content import OnDisk
from clew.capture.sheets.layout import Examined
from clew.errors import ClewError, Invalid
from clew.web import importing
from clew.web.moves_import import COLUMNS, keep_ways, read_log, write_cases
from clew.web.office.imports.rows import bad_sheet
from clew.web.terminal import LANGUAGE, _, complain, say

OPERATOR = Actor("system", "terminal")
WAIT_SECONDS = 0.05
State = Import.State


class FileMissing(ClewError):
    """There is no such file, or it cannot be read from here."""

    code = "file_missing"


class MapWrong(Invalid):
    """--map takes COLUMN=FIELD, with a column of the file and a field that Clew knows."""

    code = "map_wrong"


def main(argv: Sequence[str]) -> int:
    """Import a file, or take an import back. Prints one JSON object last with --json."""
    options = _options(argv)
    began = time.monotonic()
    batch = _take_back(UUID(options.undo)) if options.undo else _begin(options)
    told = _told(batch, time.monotonic() - began)
    if options.json:
        say(json.dumps(told, ensure_ascii=False))
    else:
        _say(batch, told)
    if options.bad:
        _keep_bad_rows(batch, options.bad)
    if options.dry_run:
        imports.discard(batch.pk, actor=OPERATOR, now=_now())
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clew import", description=_("bring in a file of leads"))
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--source", help=_("name or key of the source; a new name makes one"))
    parser.add_argument(
        "--history", action="store_true", help=_("old records: counted, not called")
    )
    parser.add_argument(
        "--moves",
        action="store_true",
        help=_("a log: a line for each thing that happened to a lead"),
    )
    parser.add_argument(
        "--stage", action="append", default=[], metavar="ACTIVITY=STAGE", help=_("with --moves")
    )
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")
    parser.add_argument("--dry-run", action="store_true", help=_("judge every row, let none in"))
    parser.add_argument("--bad", type=Path, metavar="FILE", help=_("keep the bad rows, to mend"))
    parser.add_argument("--undo", metavar="ID", help=_("take an import back"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if not options.undo and not (options.file and options.source):
        parser.error(_("give a file and --source"))
    return options


def _begin(options: argparse.Namespace) -> Import:
    path: Path = options.file
    if not path.is_file():
        raise FileMissing(file=str(path))
    complain(_("Reading {file} …").format(file=path.name))
    source = _source(options.source)
    return _bring_in_log(source, options) if options.moves else _bring_in(path, source, options)


def _bring_in_log(source: Source, options: argparse.Namespace) -> Import:
    """Bring in the cases of a log as history, then the moves of each; again, it goes on where it stopped."""
    path: Path = options.file
    log = read_log(path, options.stage, is_online=source.is_online)
    for activity, count in sorted(log.left_out.items()):
        complain(_("{n} lines left out: {activity}").format(n=count, activity=activity))
    options.history, options.map = True, [f"{name}={name}" for name in COLUMNS]
    with tempfile.TemporaryDirectory() as folder:
        cases = Path(folder) / f"{path.name.removesuffix('.gz').removesuffix('.csv')}.csv"
        write_cases(log, cases)
        batch = _bring_in(cases, source, options)
    if batch.state == State.DONE:
        kept = keep_ways(log, source)
        complain(_("Moves kept of {n} leads").format(n=kept))
    return batch


def _bring_in(path: Path, source: Source, options: argparse.Namespace) -> Import:
    content = OnDisk(path)
    found = reading.examine(content)
    batch = _unfinished(found, source, options)
    if batch and batch.state == State.DONE:
        return batch
    if batch is None:
        plan = _plan(found, source, options)
        batch = imports.register(path.name, path.stat().st_size, found, actor=OPERATOR, now=_now())
        imports.settle(batch.pk, source_key=source.key, plan=plan, actor=OPERATOR, now=_now())
        batch = _carry(batch.pk, content, State.CHECKING)
    if options.dry_run:
        return batch
    imports.start(batch.pk, actor=OPERATOR, now=_now())
    return _carry(batch.pk, content, State.IMPORTING)


def _keep_bad_rows(batch: Import, file: Path) -> None:
    """Write the rows that stayed out, with their reasons, as the ending of the name says: .xlsx or .csv."""
    kind = Format.XLSX if file.suffix.lower() == ".xlsx" else Format.CSV
    with override(LANGUAGE), file.open("wb") as out:
        out.writelines(bad_sheet(batch, kind))


def _take_back(import_id: UUID) -> Import:
    imports.undo(import_id, actor=OPERATOR, now=_now())
    return _carry(import_id, None, State.UNDOING)


def _carry(import_id: UUID, content: OnDisk | None, state: str) -> Import:
    """Carry an import on until it has left a state; says every few seconds how far it is."""
    holder = uuid7()
    said = time.monotonic()
    while True:
        batch = Import.objects.select_related("source").get(pk=import_id)
        if batch.state != state:
            return batch
        if not _carry_on(import_id, holder, content):
            time.sleep(WAIT_SECONDS)
        if time.monotonic() - said > 2:
            said = time.monotonic()
            complain(_("{done} of {all} rows").format(done=batch.position, all=batch.row_count))


def _carry_on(import_id: UUID, holder: UUID, content: OnDisk | None) -> bool:
    """Do one piece; False while another process holds the import, or held it when it died."""
    try:
        return importing.carry_on(rows.hold(import_id, holder, _now()), content)
    except HoldLost:
        return False


def _source(name: str) -> Source:
    key = slugify(name) or slugify(name, allow_unicode=True) or "file"
    known = (
        Source.objects.filter(name=name).first()
        or Source.objects.filter(key__in=(name, key)).first()
    )
    if known:
        return known
    given = SourceData(key=key[:60], name=name[:80], kind="own", is_online=True, cost_minor=0)
    complain(_("New source: {name}").format(name=name))
    return add_source(given, actor=OPERATOR, now=_now())


def _unfinished(found: Examined, source: Source, options: argparse.Namespace) -> Import | None:
    """Give the import of this file that a terminal began and did not end; of a log also one that did."""
    states = [State.IMPORTING, State.DONE] if options.moves else [State.IMPORTING]
    return Import.objects.filter(
        digest=found.digest,
        source=source,
        is_history=options.history,
        file=None,
        state__in=states,
    ).first()


def _plan(found: Examined, source: Source, options: argparse.Namespace) -> Plan:
    plan = last_plan(source, found.layout.columns)
    fields = definitions()
    if plan is None or plan.is_history != options.history:
        plan = guess(
            found.columns,
            is_history=options.history,
            row_count=found.row_count,
            fields=fields,
        )
    plan = msgspec.structs.replace(plan, fields=fields)
    chosen = dict(_pairs(options.map, plan))
    changed = [
        msgspec.structs.replace(c, target=chosen.get(c.name, c.target)) for c in plan.columns
    ]
    return msgspec.structs.replace(plan, columns=changed)


def _pairs(given: Sequence[str], plan: Plan) -> Iterator[tuple[str, str]]:
    names = {column.name for column in plan.columns}
    known = {*columns.TARGETS, *(CUSTOM + one.key for one in plan.fields)}
    for pair in given:
        name, _equals, target = pair.rpartition("=")
        if name not in names or target not in known:
            raise MapWrong(given=pair, columns=sorted(names), fields=sorted(known))
        yield name, target


def _told(batch: Import, seconds: float) -> dict[str, Any]:
    counts = batch.counts
    reasons = {name: n for name, n in sorted(counts.items()) if ":" in name}
    return {
        "import": str(batch.pk),
        "state": batch.state,
        "rows": batch.row_count,
        "new": counts.get("new", 0),
        "strengthened": counts.get("strengthened", 0),
        "duplicates": counts.get("duplicate", 0),
        "errors": counts.get("error", 0),
        "undone": counts.get("undone", 0),
        "kept": counts.get("kept", 0),
        "reasons": reasons,
        "seconds": round(seconds, 2),
    }


def _say(batch: Import, told: dict[str, Any]) -> None:
    for name in ("rows", "new", "strengthened", "duplicates", "errors", "undone", "kept"):
        say(f"{_(name):>14} {told[name]:>9,}")
    for reason, n in told["reasons"].items():
        say(f"{n:>24,}  {reason}")
    if batch.state == State.DONE:
        say(_("Take it back: clew import --undo {id}").format(id=batch.pk))


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
