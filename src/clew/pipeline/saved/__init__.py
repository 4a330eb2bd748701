"""Views of the list of leads that are kept by name: own, a team's, everybody's; and each member's columns."""
