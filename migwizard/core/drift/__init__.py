"""Differences between the live schema and the expected one."""
