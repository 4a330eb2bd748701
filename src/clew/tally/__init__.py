"""What it came to: funnel, speed, the account of all submissions and leads, and what unattended leads cost.

It reads what the other stages keep. Of its own it has a copy of where leads stand, to count by; nothing reads
that but counting, and it can be thrown away at any time.
"""
