"""Files of the project as text: what is read from them, and how they are edited."""
