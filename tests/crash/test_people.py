"""What people of a trial conclude from the pages they see."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.browser import Browser, Page
from tests.crash.journals import Journal, lines
from tests.crash.pace import Pace
from tests.crash.people import Person

LEAD = "01a227d2-f643-7a55-b2b8-95d6a0adf6ba"
SHEET = Page(200, "", f'<input name="call_id" value="{LEAD}">')
GONE = Page(404, "", "")


class Told(Browser):
    """Answers a claim with silence first and then by the pool, and says what it is told of the sheet."""

    def __init__(self, *sheets: Page) -> None:
        super().__init__(0)
        self.answers: list[Page | None] = [None, Page(302, "/pool", "")]
        self.sheets = list(sheets)

    def post(self, path: str, **fields: str) -> Page | None:
        return self.answers.pop(0)

    def get(self, path: str) -> Page | None:
        return self.sheets.pop(0)


@pytest.mark.parametrize(
    ("sheets", "concluded"), [((SHEET, SHEET), "found"), ((SHEET, GONE), "refused")]
)
def test_a_lead_is_theirs_where_it_stays_so(
    tmp_path: Path, sheets: tuple[Page, ...], concluded: str
) -> None:
    """The page of a lead that somebody else is just claiming may still show it, once."""
    person = Person("sales0", "", 0, tmp_path / "journal", 1, Pace())
    person.browser = Told(*sheets)
    with closing(Journal(person.path)) as journal:
        person.journal = journal
        person._claim(LEAD)
    assert lines(person.path) == [[concluded, LEAD]]
