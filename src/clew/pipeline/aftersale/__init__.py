"""What follows a sale: is all well, how satisfied, what went wrong, who would recommend us."""
