"""How we talk, for now to our own people: who is told what, where they look, once, in time, and taken back when it is over.

It hears what the other stages note in the ledger, behind them: nobody waits for it.
"""
