"""Tasks: a learner, its criteria and a draw of the data."""
