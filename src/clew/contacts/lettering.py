"""Finding names and companies by any part of them: an index of each two letters that stand side by side.

The initials that Chinese names are read with stand in it too. PostgreSQL's own trigrams are an extension that
a server may lack, and many Chinese names are two letters long. The letters are taken apart here, where it costs
less than in a function of the index.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.lookups import DataContains
from django.db.models import Case, F, IntegerField, Q, Value, When

from clew.contacts.initials import initials

PAIR = 2
LETTER, FIGURE = 2, 4  # in bytes


def letters(name: str, company: str) -> dict[str, Any]:
    """Give what a contact is found by beside name and company, by column: its initials and the pairs of its letters."""
    read = initials(name, company)
    return {"initials": read, "pairs": _pairs(name.lower(), company.lower(), *read.split())}


def _pairs(*words: str) -> list[int]:
    """Give every two letters side by side, as the figure that their four bytes are."""
    found: set[int] = set()
    for word in words:
        text = word.encode("utf-16-le", "surrogatepass")
        for start in (0, LETTER):
            end = start + (len(text) - start) // FIGURE * FIGURE
            found.update(memoryview(text[start:end]).cast("i"))
    return list(found)


def says(words: str, way: str = "") -> Q:
    """Find by a part of a contact's name, company or initials; `way` leads there from what is looked for."""
    name, company, read = f"{way}name", f"{way}company", f"{way}initials"
    found = Q(**{f"{name}__icontains": words}) | Q(**{f"{company}__icontains": words})
    if len(words) < PAIR:
        return found
    text = words.lower()
    if text.isascii() and text.isalnum():
        found |= Q(**{f"{read}__contains": text})
    held = Value(_pairs(text), ArrayField(IntegerField()))
    # Taken for even odds: both conditions say nearly the same, and the planner would think few leads are left.
    is_said = Case(When(found, then=Value(value=True)), default=Value(value=False))
    return Q(DataContains(F(f"{way}pairs"), held)) & Q(is_said)
