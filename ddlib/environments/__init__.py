"""Modelling environments: a data law, a learner, a criterion, and the optimum where it is known."""
