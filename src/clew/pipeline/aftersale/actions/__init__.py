"""The only writers of what follows a sale."""
