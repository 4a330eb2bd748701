"""What changes while leads are worked on, a module per noun."""
