"""What the schema proves of every migration, and how that is found out."""
