"""What contacts can refuse."""

from collections.abc import Sequence

from clew.errors import ClewError, Conflict, Invalid, Missing


class Unreachable(Invalid):
    """There is no usable way of reaching this person: give a phone number, an e-mail address or a WeChat id."""

    code = "unreachable"


class Overtaken(ClewError):
    """Another worker met the same person first; the batch is run again."""

    code = "overtaken"


class PurposeUnknown(Invalid):
    """Choose what you need the number for."""

    code = "purpose_unknown"


class ContactMissing(Missing):
    """There is no such person, or none of their enquiries is one that you may see."""

    code = "contact_missing"


class MergeWithItself(Invalid):
    """This is one and the same person already. Choose two different ones."""

    code = "merge_with_itself"


class AlreadyMerged(Conflict):
    """Somebody has merged one of these with another person already. Look at them again."""

    code = "already_merged"


class MergeMissing(Missing):
    """There is no such merge, or you may not see it."""

    code = "merge_missing"


class MergeUndone(Conflict):
    """This merge has been taken apart already."""

    code = "merge_undone"


class ChoiceUnknown(Invalid):
    """Say for each field whose is to be kept."""

    code = "choice_unknown"


class BothWorkedOn(Conflict):
    """Two people are working on these enquiries. Agree who goes on, tick that, and merge again."""

    code = "both_worked_on"


class SuspectMissing(Missing):
    """There is no such pair, or you may not see both of them."""

    code = "suspect_missing"


class SuspectSettled(Conflict):
    """Somebody has decided about this pair already."""

    code = "suspect_settled"


class ValuesRefused(Invalid):
    """Some fields cannot hold what was given for them. Nothing was changed."""

    code = "values_refused"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """Keep the key of each field with a code for what is wrong."""
        super().__init__(faults=[{"field": key, "code": code} for key, code in faults])
        self.faults = faults


class CategoryNotKnown(Invalid):
    """Choose one of the product groups that are known here."""

    code = "category_not_known"


class RegionUnknown(Invalid):
    """There is no region of this name. Write a province, a city or a county, or its code of six digits."""

    code = "region_unknown"


class RegionUnclear(Invalid):
    """Several places have this name. Write which one is meant, with its city or province."""

    code = "region_unclear"


class ValuesChanged(Conflict):
    """Somebody has changed one of these fields meanwhile. Look at it again; nothing was changed."""

    code = "values_changed"
