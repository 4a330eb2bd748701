"""How clocks begin and go on: a bounded piece of what is due at a time, by few statements."""
