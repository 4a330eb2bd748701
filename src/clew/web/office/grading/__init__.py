"""The pages on which a manager writes, tries and publishes grading rules."""
