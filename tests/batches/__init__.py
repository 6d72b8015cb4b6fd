"""Tests of one task in many schemas."""
