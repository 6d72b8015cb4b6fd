"""The only code that writes: it runs a plan's steps, all or nothing."""
