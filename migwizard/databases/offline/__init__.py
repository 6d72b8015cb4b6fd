"""Schema editors without a server: what they write, and what it does to a catalogue that exists only here."""

from __future__ import annotations
