"""The commands that Django finds when `migwizard` is in INSTALLED_APPS."""
