"""`make fuzz`: hostile requests at a running server; nothing may break, leak or take long."""
