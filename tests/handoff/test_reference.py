"""The reference of conditions and methods is what the code says."""

from clew.handoff.models import Method
from clew.handoff.routing import Rule
from tools.distribution_reference import DOCUMENT, IN_FILE, LOOKS_AT, METHODS, text

WHERE_TO = {"name", "team", "into", "otherwise"}


def test_the_document_says_the_same() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "run python -m tools.distribution_reference"


def test_no_condition_and_no_method_is_left_out() -> None:
    assert LOOKS_AT.keys() == set(Rule.__struct_fields__) - WHERE_TO
    assert METHODS.keys() == set(Method.Way.values)
    assert IN_FILE.keys() <= LOOKS_AT.keys()
