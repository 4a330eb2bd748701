"""Logs: one JSON object per line, without personal data.

The text of an exception may quote what somebody sent (a database error names the value that
collides), so of exceptions only the class and the places in the code are written.
"""

import json
import logging
import logging.config
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

reference: ContextVar[str] = ContextVar("reference", default="")


class Json(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, logger, message, the request's reference and where it broke."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if record.exc_info is None else record.msg,
        }
        if reference.get():
            line["reference"] = reference.get()
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])
            line["error"] = record.exc_info[0].__name__
            line["at_code"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames[-12:]]
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(config: dict[str, Any]) -> None:
    """Set up logging by our settings alone; Django's own defaults would mail and print paths."""
    logging.config.dictConfig(config)
