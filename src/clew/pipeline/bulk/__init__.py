"""One change to many leads: chosen in the list, judged and shown, made lead by lead, taken back where that can be."""
