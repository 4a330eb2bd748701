"""What somebody may be told who writes scripts or plays."""

from clew.errors import Conflict, Invalid, Missing


class ScriptMissing(Missing):
    """This script is not in use any more. Open the list again."""

    code = "script_missing"


class ScriptEmpty(Invalid):
    """Write at least one line to say, in Chinese or in English."""

    code = "script_empty"


class ScriptTooLong(Invalid):
    """Nobody reads that much during a call: at most 8 lines of 160 characters, and 200 for what not to do."""

    code = "script_too_long"


class ScriptTaken(Conflict):
    """There is a script for this already. Open that one and change it."""

    code = "script_taken"


class ScriptChanged(Conflict):
    """Somebody changed this script meanwhile. Open it again, and write yours over theirs if it is better."""

    code = "script_changed"


class PlayMissing(Missing):
    """There is no such play. Open the list again."""

    code = "play_missing"


class PlayNameless(Invalid):
    """Give the play a name in Chinese or in English, 40 characters at most."""

    code = "play_nameless"


class PlayChanged(Conflict):
    """Somebody changed this play meanwhile. Open it again, then make your change."""

    code = "play_changed"


class PlayEmpty(Invalid):
    """A play needs at least one step that somebody does: a task, a message or an offer."""

    code = "play_empty"


class PlayTooLong(Invalid):
    """A play has at most 12 steps, each due after at most 180 days."""

    code = "play_too_long"


class StepWordless(Invalid):
    """Say in the step what is to be done or sent, in Chinese or in English, 600 characters at most. Step:"""

    code = "step_wordless"


class LiftUnreadable(Invalid):
    """The assumed lift is a percentage from 0 to 100, such as 7 or 0.5."""

    code = "play_lift_unreadable"


class ShareOutOfRange(Invalid):
    """Hold back between 5 and 50 of 100 leads: with fewer or more it takes years to see a difference."""

    code = "share_out_of_range"


class WindowOutOfRange(Invalid):
    """Leads count after 1 to 365 days."""

    code = "window_out_of_range"


class WindowTooShort(Invalid):
    """The steps take longer than the days after which a lead counts. Count later, or shorten the play."""

    code = "window_too_short"


class PlayPlaceUnknown(Invalid):
    """Choose a stage in use, and a reason of that stage."""

    code = "play_place_unknown"


class NobodyEntersFirstStage(Invalid):
    """Leads are in the first stage from the beginning, nobody moves them there: let people start this play."""

    code = "nobody_enters_first_stage"


class DecisionUnfounded(Invalid):
    """Say why, in at most 200 characters. It stays on record."""

    code = "decision_unfounded"


class PlayNotRunning(Conflict):
    """This play takes no leads at the moment."""

    code = "play_not_running"


class PlayStateUnfit(Conflict):
    """The play is not in a state for this. Look at it again."""

    code = "play_state_unfit"


class PlayDoesNotFit(Conflict):
    """The lead is not where this play begins any more."""

    code = "play_does_not_fit"


class LeadHadPlay(Conflict):
    """The lead has had this play already; nobody gets it twice."""

    code = "lead_had_play"


class LeadInPlay(Conflict):
    """Another play is going on with this lead. Stop that one first."""

    code = "lead_in_play"


class NobodyToReach(Conflict):
    """There is no way of reaching this person. Find a number or an address first."""

    code = "nobody_to_reach"


class RunMissing(Missing):
    """This play is not going on with the lead any more."""

    code = "run_missing"


class StepNotDue(Conflict):
    """This step was done already, or another one has taken its place."""

    code = "step_not_due"
