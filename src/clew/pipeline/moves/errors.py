"""What somebody may be told who moves leads or changes the stages."""

from clew.errors import Conflict, Invalid, Missing


class StageMissing(Missing):
    """This stage is not there any more. Open the page again."""

    code = "stage_missing"


class StageOfAnotherPipeline(Invalid):
    """This lead is on the other pipeline. Choose one of its own stages."""

    code = "stage_of_another_pipeline"


class StageRetired(Conflict):
    """This stage was retired meanwhile. Choose another one."""

    code = "stage_retired"


class LeadThereAlready(Conflict):
    """The lead is in this stage already."""

    code = "lead_there_already"


class LeadElsewhere(Conflict):
    """Somebody moved this lead meanwhile. Look where it is now."""

    code = "lead_elsewhere"


class ExitReasonMissing(Invalid):
    """Choose why the lead leaves, from the list of its stage."""

    code = "exit_reason_missing"


class RivalTooLong(Invalid):
    """The competitor's name is too long: 60 characters at most."""

    code = "rival_too_long"


class NameMissing(Invalid):
    """Give it a name in Chinese and in English, 40 characters at most each."""

    code = "name_missing"


class LiftUnreadable(Invalid):
    """The assumed lift is a percentage from 0 to 100, such as 7 or 0.5."""

    code = "lift_unreadable"


class SignTaken(Conflict):
    """Another stage is entered by this already. Change that one first."""

    code = "sign_taken"


class StageNeeded(Invalid):
    """Say into which stage its leads go before it is retired; one stage must stay."""

    code = "stage_needed"


class KeyTaken(Conflict):
    """There is one of this name already."""

    code = "key_taken"


class StageIsAfterWinning(Invalid):
    """Finish the lead as won first: this stage is for customers."""

    code = "stage_is_after_winning"


class StageIsBeforeWinning(Invalid):
    """This lead is won. Choose a stage after the sale, or take the lead up again first."""

    code = "stage_is_before_winning"


class EstimateUnreadable(Invalid):
    """What the lead may be worth is an amount in yuan, such as 12800 or 12800.50."""

    code = "estimate_unreadable"
