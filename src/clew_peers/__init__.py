"""Stand-ins for the outside: they speak as the vendors' documents say, check signatures by code of their own, and keep a ledger.

They are not the vendors. Nothing in Clew was run against a vendor; these are what the tests and the benches talk
to, and what one can try Clew with where there is no account: `python -m clew_peers`. Nothing here imports Clew, so
that a mistake in one is not made again in the other.
"""
