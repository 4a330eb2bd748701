"""How good it is. Takes facts about a lead; gives a Grade with signals that add up to its points."""
