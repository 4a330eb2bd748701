"""What a salesperson may be told when something about a lead cannot be done."""

from clew.errors import ClewError, Conflict, Denied, Invalid, Missing


class LeadNotClaimed(Conflict):
    """This lead is in the pool. Claim it first, then call."""

    code = "lead_not_claimed"


class CallOfAnotherLead(Conflict):
    """This call was already logged for another lead."""

    code = "call_of_another_lead"


class NextTimePassed(Invalid):
    """The next contact must lie ahead."""

    code = "next_time_passed"


class NextTimeMissing(Invalid):
    """Choose when to make contact again."""

    code = "next_time_missing"


class EndUnknown(Invalid):
    """Choose how the lead ended."""

    code = "end_unknown"


class BackReasonUnknown(Invalid):
    """Choose why the lead goes back to the pool."""

    code = "back_reason_unknown"


class NoteTooLong(Invalid):
    """The note is too long: 2,000 characters at most."""

    code = "note_too_long"


class ValueUnreadable(Invalid):
    """The value is an amount in yuan, such as 12800 or 12800.50."""

    code = "value_unreadable"


class MarginTooLarge(Invalid):
    """The margin is what is left of the value: it cannot be more."""

    code = "margin_too_large"


class WorthUnsaid(Invalid):
    """Say what it was worth, and why that changes, in at most 200 characters."""

    code = "worth_unsaid"


class LeadNotWon(Conflict):
    """Only what was won has a value to correct."""

    code = "lead_not_won"


class WorthMoved(Conflict):
    """Somebody has corrected this value meanwhile. Look at it, then correct it."""

    code = "worth_moved"


class ColumnsMissing(Invalid):
    """Choose at least one column."""

    code = "columns_missing"


class ReasonMissing(Invalid):
    """Write down what the full numbers are for."""

    code = "reason_missing"


class ExportTooLarge(Invalid):
    """This is more than one export may hold. Narrow the filter."""

    code = "export_too_large"


class FullNumbersDenied(Denied):
    """Only administrators may export full numbers. Ask for a masked export, or ask an administrator."""

    code = "full_numbers_denied"


class ExportMissing(Missing):
    """There is no such export, or it is not yours."""

    code = "export_missing"


class ExportOver(Conflict):
    """This export is not here any more. Ask for a new one."""

    code = "export_over"


class ExportsEnough(Conflict):
    """You have enough exports under way. Wait for one of them, or delete it."""

    code = "exports_enough"


class RightsChanged(Denied):
    """What you may see has changed since you asked. Ask for a new export."""

    code = "rights_changed"


class ExportBroken(ClewError):
    """The export stopped again and again at the same place. The log says why."""

    code = "export_broken"


class ViewMissing(Missing):
    """There is no such view, or it is not shared with you."""

    code = "view_missing"


class ViewFixed(Denied):
    """Only whoever saved this view may change it. Save it under another name."""

    code = "view_fixed"


class ViewMoved(Conflict):
    """Somebody has changed this view meanwhile. Look again, then change it."""

    code = "view_moved"


class ViewNameMissing(Invalid):
    """Give the view a name of at most 60 characters."""

    code = "view_name_missing"


class ViewNameTaken(Conflict):
    """You have a view of this name. Choose another."""

    code = "view_name_taken"


class SharingDenied(Denied):
    """Managers share a view with their teams, administrators with everybody."""

    code = "sharing_denied"


class ViewsEnough(Conflict):
    """You have 100 views. Delete one first."""

    code = "views_enough"


class NothingChosen(Invalid):
    """Choose at least one lead."""

    code = "nothing_chosen"


class BulkTooLarge(Invalid):
    """More than 10,000 leads fit, and one change takes no more. Narrow the filter, then do it in parts."""

    code = "bulk_too_large"


class ActDenied(Denied):
    """You may not change leads in this way."""

    code = "act_denied"


class BulkMissing(Missing):
    """There is no such change, or it is not yours."""

    code = "bulk_missing"


class BulkOver(Conflict):
    """This change has begun already."""

    code = "bulk_over"


class NothingToChange(Conflict):
    """None of these leads can be changed in this way."""

    code = "nothing_to_change"


class UndoOver(Conflict):
    """This cannot be taken back any more."""

    code = "undo_over"


class LeadMoved(Conflict):
    """Somebody has changed this lead meanwhile."""

    code = "lead_moved"


class GradeUnsaid(Invalid):
    """Choose a grade, and say why in at most 200 characters."""

    code = "grade_unsaid"


class ActUnknown(Invalid):
    """Choose what to do with these leads."""

    code = "act_unknown"


class FieldUnchosen(Invalid):
    """Choose the field, and what it shall hold."""

    code = "field_unchosen"
