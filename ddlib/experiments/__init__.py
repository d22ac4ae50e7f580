"""Experiments: pure functions from a frozen config to tidy rows."""
