"""What the columns of a file most likely mean: by their names, by what is in them. Pure."""

from collections.abc import Sequence

from clew.capture.columns import Column, Kind, Plan
from clew.capture.custom import CUSTOM, Definition, same_name
from clew.capture.headers import assign
from clew.capture.sheets.layout import ColumnProfile
from clew.capture.values import day_order, ending, moment


def guess(
    profiles: Sequence[ColumnProfile],
    *,
    is_history: bool,
    row_count: int,
    fields: Sequence[Definition] = (),
) -> Plan:
    """Guess what the columns mean: from the names of the operator's `fields`, from their own, from what is in them."""
    own = same_name([profile.name for profile in profiles], {f.key: f for f in fields})
    targets = [
        CUSTOM + own[profile.name] if profile.name in own else target
        for profile, target in zip(profiles, assign(profiles, is_history=is_history), strict=True)
    ]
    columns = [
        Column(
            profile.name,
            target,
            _kind(profile, target) if is_history else "text",
            is_required=is_history and _is_required(profile, target, row_count),
        )
        for profile, target in zip(profiles, targets, strict=True)
    ]
    dated = [p for p, c in zip(profiles, columns, strict=True) if p.dates]
    ended = [p for p, t in zip(profiles, targets, strict=True) if t == "result"]
    words = [word for profile in ended for word in profile.values]
    filled = sum(profile.filled for profile in profiles)
    return Plan(
        columns,
        is_history=is_history,
        day_first=day_order([text for p in dated for text in (*p.samples, *p.values)]),
        won=[word for word in words if ending(word) == "won"],
        lost=[word for word in words if ending(word) == "lost"],
        leave_out_same=not is_history or filled >= 6 * max(row_count, 1),
        fields=list(fields),
    )


def _kind(profile: ColumnProfile, target: str) -> Kind:
    if target not in {"extra", "answer", "value"} or not profile.filled:
        return "text"
    if profile.numbers >= 0.98 * profile.filled:
        return "number"
    is_readable = all(moment(text)[1] in {"", "ambiguous_date"} for text in profile.samples)
    return "date" if is_readable and profile.dates >= 0.98 * profile.filled else "text"


def _is_required(profile: ColumnProfile, target: str, row_count: int) -> bool:
    """History needs no way of reaching anybody."""
    is_way = target in {"phone", "email", "wechat"}
    return not is_way and row_count > 0 and profile.filled >= 0.995 * row_count
