"""What planning people's time and work can refuse."""

from clew.errors import Conflict, Invalid, Missing


class BlockUnreadable(Invalid):
    """Hours are written as 8:30–12:00, several with commas between, up to 24:00. This cannot be read:"""

    code = "block_unreadable"


class DayUnreadable(Invalid):
    """Days are written as 2026-10-01 or 2026-10-01 – 2026-10-07, one on each line. This cannot be read:"""

    code = "day_unreadable"


class CalendarMissing(Missing):
    """There is no such calendar."""

    code = "calendar_missing"


class CalendarNameless(Invalid):
    """Give the calendar a name of at most 60 characters."""

    code = "calendar_nameless"


class TimeZoneUnknown(Invalid):
    """There is no such time zone. Choose one of the list."""

    code = "time_zone_unknown"


class CalendarEmpty(Invalid):
    """A calendar needs at least one hour of work in a week."""

    code = "calendar_empty"


class BlockReversed(Invalid):
    """A block must end after it begins. Over midnight, write two: until 24:00, and from 0:00 on the next day."""

    code = "block_reversed"


class BlocksOverlap(Invalid):
    """Two blocks of the same day overlap."""

    code = "blocks_overlap"


class DayOnAndOff(Invalid):
    """A date is both a day off and worked. Take it out of one of the two:"""

    code = "day_on_and_off"


class TooManyDays(Invalid):
    """A calendar holds at most 2,000 days off and 500 exchanged days."""

    code = "too_many_days"


class YearUnknown(Invalid):
    """The public holidays of this year are not known here. Write them in by hand."""

    code = "year_unknown"


class CalendarUsed(Conflict):
    """This calendar is in use, so it stays. Give those who use it another one first:"""

    code = "calendar_used"


class AbsenceReversed(Invalid):
    """An absence must end after it begins."""

    code = "absence_reversed"


class AbsencePast(Invalid):
    """This absence would be over already."""

    code = "absence_past"


class AbsenceTooLong(Invalid):
    """An absence is at most two years long."""

    code = "absence_too_long"


class AbsencesOverlap(Conflict):
    """There is an absence in this time already. Cancel that one first, or choose other days."""

    code = "absences_overlap"


class AbsenceMissing(Missing):
    """There is no such absence, or it is over."""

    code = "absence_missing"


class RegionUnknown(Invalid):
    """One of the regions is not in the list of divisions."""

    code = "region_unknown"


class TooManyCategories(Invalid):
    """Name at most 50 product groups, each of at most 60 characters."""

    code = "too_many_categories"
