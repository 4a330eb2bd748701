"""What the commands say, in the language of the terminal. Django is not needed for it."""

import os
import sys
from gettext import translation
from pathlib import Path

_WANTED = next(
    (v for k in ("CLEW_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(k))), ""
)
LANGUAGE = "zh-hans" if _WANTED.lower().startswith("zh") else "en"
_CATALOGUE = translation(
    "terminal",
    Path(__file__).parent / "locale",
    ["zh_Hans"] if LANGUAGE == "zh-hans" else ["en"],
    fallback=True,
)
_ = _CATALOGUE.gettext


def say(line: str = "") -> None:
    """Print a line at once, whatever the terminal's encoding."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)  # noqa: T201


def complain(line: str) -> None:
    """Print a line for what went wrong."""
    encoding = sys.stderr.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), file=sys.stderr, flush=True)  # noqa: T201
