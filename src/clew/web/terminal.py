"""What the commands say, in the language of the terminal. Django is not needed for it.

A page that shows the same says it in its reader's language: `speaking`.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations, translation
from pathlib import Path

_WANTED = next(
    (v for k in ("CLEW_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(k))), ""
)
LANGUAGE = "zh-hans" if _WANTED.lower().startswith("zh") else "en"


def _catalogue(language: str) -> NullTranslations:
    name = "zh_Hans" if language == "zh-hans" else "en"
    return translation("terminal", Path(__file__).parent / "locale", [name], fallback=True)


_TERMINAL = _catalogue(LANGUAGE)
_spoken = ContextVar("spoken", default=_TERMINAL)


def _(text: str) -> str:
    """Translate into the language that is spoken."""
    return _spoken.get().gettext(text)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak another language than the terminal's inside."""
    before = _spoken.set(_catalogue(language))
    try:
        yield
    finally:
        _spoken.reset(before)


def say(line: str = "") -> None:
    """Print a line at once, whatever the terminal's encoding."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)  # noqa: T201


def complain(line: str) -> None:
    """Print a line for what went wrong."""
    encoding = sys.stderr.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), file=sys.stderr, flush=True)  # noqa: T201
