"""`clew demo`: an invented company to try Clew with. Loaded by `make up` the first time; removable."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from clew.access.models import Organisation
from clew.base.json import dumps
from clew.capture.models import Source
from clew.web import home
from clew.web.demo import company
from clew.web.demo.earnings import pay
from clew.web.demo.errors import NotEmpty
from clew.web.demo.growth import grow
from clew.web.demo.history import DAYS, live_through
from clew.web.demo.live import send
from clew.web.demo.patience import keep
from clew.web.demo.removal import remove
from clew.web.seed import ensure
from clew.web.terminal import _, complain, say

SEED = 7


@transaction.atomic
def load(now: datetime, days: int = DAYS) -> int:
    """Load the demo into an empty deployment; where it is already, nothing happens.

    Returns how many submissions were sent. Raises NotEmpty where there is somebody else's data.
    """
    if Organisation.objects.exclude(demo_accounts=[]).exists():
        return 0
    if Organisation.objects.exists():
        raise NotEmpty
    begin = now - timedelta(days=days)
    ensure(begin)
    company.found(begin)
    count = live_through(now, SEED, days)
    pay(begin, now, SEED)
    keep(begin, now)
    return count


def main(argv: Sequence[str]) -> None:
    """Load the demo, remove it, or send leads through the public API."""
    options = _options(argv)
    now = datetime.now(UTC)
    if options.live:
        send(options.url, options.rate, options.count)
        return
    done = {"removed": remove()} if options.remove else {"submissions": load(now)}
    if options.size:
        begin = Source.objects.earliest("created_at").created_at
        done["leads"] = grow(options.size, begin, SEED, _told)
    note = home.folder() / "demo.json"
    if options.remove:
        note.unlink(missing_ok=True)
    else:
        note.write_text(dumps(_invitation()), encoding="utf-8")
    if options.json:
        say(dumps(done))
    elif options.remove:
        say(_("The demo is gone: %s leads.") % done["removed"])
    else:
        say(_("The demo is loaded. Everybody's password: %s") % company.PASSWORD)


def _told(count: int) -> None:
    complain(_("%s leads so far.") % count)


def _invitation() -> dict[str, object]:
    """What `clew up` tells about the demo each time it starts."""
    return {"password": company.PASSWORD, "accounts": company.SAYS, "form": "/f/qiheng"}


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clew demo", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--remove", action="store_true", help="remove exactly what was loaded")
    what.add_argument("--live", action="store_true", help="send leads through the public API")
    what.add_argument("--size", type=int, default=0, help="let it grow to about so many leads")
    parser.add_argument("--rate", type=float, default=0.2, help="leads a second (default: 0.2)")
    parser.add_argument("--count", type=int, default=0, help="stop after so many (default: never)")
    parser.add_argument("--url", default="", help="where Clew answers")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args(argv)
