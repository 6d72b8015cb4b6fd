"""Pure data and functions: standard library only, no Django object, no clock, no I/O."""
