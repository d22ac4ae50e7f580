"""Rows of random networks, and by peers: the BIC of a node, and whether a graph is acyclic."""

import networkx as nx
import numpy as np


def random_rows(rng, n, d, density=0.6):
    """Rows of a random linear-Gaussian network in a random order of its columns."""
    weights = np.triu(rng.normal(size=(d, d)) * (rng.random((d, d)) < density), 1)
    rows = rng.normal(size=(n, d)) @ np.linalg.inv(np.eye(d) - weights)
    return rows[:, rng.permutation(d)]


def regression_score(rows, j, parents):
    """BIC of one node from the residuals of a least-squares regression."""
    n = len(rows)
    design = np.column_stack([np.ones(n), rows[:, parents]])
    coefficients = np.linalg.lstsq(design, rows[:, j], rcond=None)[0]
    variance = np.mean((rows[:, j] - design @ coefficients) ** 2)
    return -n / 2 * (np.log(2 * np.pi * variance) + 1) - (len(parents) + 2) / 2 * np.log(n)


def is_dag(graph):
    return nx.is_directed_acyclic_graph(nx.from_numpy_array(graph, create_using=nx.DiGraph))
