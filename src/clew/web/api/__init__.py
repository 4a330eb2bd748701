"""The API for reading: leads, contacts, placements, events and deletions, whole and since when.

`web/permissions.py` decides who may call; here a caller is known and holds a scope of the route.
"""
