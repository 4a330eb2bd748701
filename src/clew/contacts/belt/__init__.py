"""The belt's step of this stage: forth for what arrives, and back for what is undone."""
