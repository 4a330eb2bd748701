"""Finding names and companies by any part of them: an index of each two letters that stand side by side.

The initials that Chinese names are read with stand in it too. PostgreSQL's own trigrams are an extension that
a server may lack, and many Chinese names are two letters long.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.lookups import DataContains
from django.db.models import Case, F, Func, Q, TextField, Value, When

PAIR = 2


class Pairs(Func):
    """Every two letters side by side in a name, in a company or in their initials, in lower case."""

    function = "clew_pairs"
    output_field = ArrayField(TextField())


def says(words: str, way: str = "") -> Q:
    """Find by a part of a contact's name, company or initials; `way` leads there from what is looked for."""
    name, company, initials = f"{way}name", f"{way}company", f"{way}initials"
    found = Q(**{f"{name}__icontains": words}) | Q(**{f"{company}__icontains": words})
    if len(words) < PAIR:
        return found
    text = words.lower()
    if text.isascii() and text.isalnum():
        found |= Q(**{f"{initials}__contains": text})
    pairs = sorted({text[at : at + PAIR] for at in range(len(text) - 1)})
    held = Value(pairs, ArrayField(TextField()))
    # Taken for even odds: both conditions say nearly the same, and the planner would think few leads are left.
    is_said = Case(When(found, then=Value(value=True)), default=Value(value=False))
    return Q(DataContains(Pairs(F(name), F(company), F(initials)), held)) & Q(is_said)
