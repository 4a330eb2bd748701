"""Who it is. Takes waiting submissions; gives Contacts, Identifiers and Leads; promises one open lead per contact."""
