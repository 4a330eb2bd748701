"""What a salesperson or an invited person may be told about a meeting."""

from clew.errors import ClewError, Conflict, Invalid, Missing


class MeetingMissing(Missing):
    """There is no such meeting, or you may not see it."""

    code = "meeting_missing"


class MeetingOpen(Conflict):
    """There is a meeting with this person already. Change that one, or cancel it first."""

    code = "meeting_open"


class MeetingOver(Conflict):
    """This meeting is over or cancelled, so it cannot be changed any more."""

    code = "meeting_over"


class TimesMissing(Invalid):
    """Offer one to eight times."""

    code = "times_missing"


class TimesPassed(Invalid):
    """Every time that you offer must lie ahead, by at most a year."""

    code = "times_passed"


class PlaceMissing(Invalid):
    """Write down where you meet: an address, or a link for the video."""

    code = "place_missing"


class PlaceTooLong(Invalid):
    """The place is too long: 200 characters at most."""

    code = "place_too_long"


class LengthUnknown(Invalid):
    """A meeting takes 15 minutes to 8 hours."""

    code = "length_unknown"


class KindUnknown(Invalid):
    """Choose how you meet: at theirs, by video or at the shop."""

    code = "kind_unknown"


class TimeTaken(Conflict):
    """This time was taken meanwhile. Choose another one."""

    code = "time_taken"


class TimeNotOffered(Invalid):
    """This time is not offered any more. Choose one of these."""

    code = "time_not_offered"


class AlreadyChosen(Conflict):
    """A time was chosen already; it stands below."""

    code = "already_chosen"


class LinkOld(ClewError):
    """This link is too old."""

    code = "link_old"
    status = 410


class MeetingAhead(Conflict):
    """This meeting has not begun yet."""

    code = "meeting_ahead"


class MeetingUnsettled(Conflict):
    """No time is settled for this meeting, so nobody can have come."""

    code = "meeting_unsettled"


class NoteEmpty(Invalid):
    """Write down at least one thing, in at most 2,000 characters each."""

    code = "note_empty"


class LabelsUnfit(Invalid):
    """Write one to twelve lines of at most 60 characters each."""

    code = "labels_unfit"


class NotMissed(Conflict):
    """Only whoever did not come is invited again."""

    code = "not_missed"


class NotHeldYet(Conflict):
    """A lead is handed over after its meeting was held."""

    code = "not_held_yet"
