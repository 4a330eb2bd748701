"""The reference of facts and conditions is what the code says."""

from tools.grading_reference import DOCUMENT, text


def test_the_document_says_the_same() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "run python -m tools.grading_reference"
