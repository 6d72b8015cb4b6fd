"""migwizard repairs broken Django migrations, in the terminal."""

__version__ = "0.1.0"
