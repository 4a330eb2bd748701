"""What it came to. Reads only: the account of all submissions and leads, and what unattended leads cost."""
