"""What is wrong with an answer."""

import json

from tests.fuzz.cases import Case
from tests.fuzz.values import MARK, QUOTE
from tests.fuzz.wire import Answer
from tests.strict import ALWAYS

LONGEST = 5.0
TYPES = {
    "text/html",
    "application/json",
    "application/problem+json",
    "text/event-stream",
    "text/csv",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "code": str}
OWN_REFUSALS = {400, 408, 413, 414, 431, 501, 505}  # of the server, before Clew sees anything


def faults(case: Case, answer: Answer) -> list[str]:
    """Everything that is wrong; nothing where the answer is as it should be."""
    is_cut = case.kind == "raw" and answer.status == 0
    if is_cut or (
        answer.status in OWN_REFUSALS and "x-request-id" not in answer.headers and not answer.body
    ):
        return ["too slow"] if answer.seconds > LONGEST else []
    found = []
    if answer.status <= 0:
        return [f"no answer ({answer.status})"]
    if answer.status >= 500:
        found.append(f"status {answer.status}")
    if answer.seconds > LONGEST:
        found.append(f"took {answer.seconds:.1f} s")
    found += [f"header {n}" for n, value in ALWAYS.items() if answer.headers.get(n) != value]
    if answer.body:
        found += _content(answer)
    return found


def _content(answer: Answer) -> list[str]:
    if answer.type not in TYPES and not answer.headers.get("cache-control", "").startswith(
        "public"
    ):
        return [f"content type {answer.type!r}"]
    if answer.type == "text/html":
        leaks = (MARK, QUOTE, b"Traceback (most recent")
        return [f"page holds {leak!r}" for leak in leaks if leak in answer.body]
    return _problem(answer) if answer.type.endswith("json") else []


def _problem(answer: Answer) -> list[str]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return ["not JSON"]
    if answer.type != "application/problem+json":
        return []
    wrong = [n for n, kind in MEMBERS.items() if not isinstance(told.get(n), kind)]
    return [f"problem without {n}" for n in wrong] + (
        ["problem of another status"] if told.get("status") != answer.status else []
    )
