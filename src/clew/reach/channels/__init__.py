"""What each kind of robot speaks: a card turned into a request, and an answer into what it means. Pure.

The formats are the vendors' published ones; nothing here was run against a vendor.
"""
