"""Figures: every function takes a table and axes, draws, and never trains."""
