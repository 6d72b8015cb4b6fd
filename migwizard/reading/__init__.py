"""Everything that reads: the project, its migration files, the records, the live and the expected schema."""
