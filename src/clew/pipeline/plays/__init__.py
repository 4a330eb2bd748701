"""What is done, over days, to win people who would otherwise be lost; and what each such play is worth.

Takes leads at a stage or an exit, gives steps that happen once, and a measured lift beside the assumed one. A
random share of the leads goes without, so that the difference means something.
"""
