"""How far a lead has come on its pipeline: stages as data, stays as a log of moves, and why leads leave."""
