"""What is done about it. Takes placed leads; gives first-contact clocks, calls, tasks and everybody's list for today."""
