"""Who may do what on a server, and where tables are made."""
