"""Who gets what: the distribution rules as the people who run the place see and write them."""
