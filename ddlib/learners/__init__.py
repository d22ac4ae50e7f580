"""Learners: from rows to a model; they know nothing of methods or tasks."""
