"""Commission: takes what was won, pays it by the plan of the team, and promises that every line can be explained.

A plan pays a month: tiers over the base that a person won in it, a fixed amount per deal, up to a cap. A line is what
one change of one deal changed of that; so the lines of a month sum to what the plan pays for it, whatever came first.
"""
