"""What changes in capture, a module per noun."""
