"""What happens to policies."""

from dataclasses import dataclass

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class PoliciesSet(Event):
    """Leads of a team, or of all without targets of their own (0), are to be met with otherwise from the next clock on."""

    team_id: int
    kind: str
    policy_ids: list[int]
