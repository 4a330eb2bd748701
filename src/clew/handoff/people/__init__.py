"""Who is there, when, and for what: calendars, absences, what a seat takes on, and leaving."""
