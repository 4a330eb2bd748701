"""What arrived. Takes contact attempts from forms, the API and people; gives immutable Submissions; promises that what was acknowledged is stored."""
