"""Convert a DBN to pgmpy's static network of its unrolled slices, and back.

Nodes are named x{variable}_t{slice}: pgmpy passes names through a formula parser, which would read
a name such as 0_1 as a number.
"""

from __future__ import annotations

import numpy as np
import torch
from pgmpy.factors.continuous import LinearGaussianCPD
from pgmpy.models import LinearGaussianBayesianNetwork
from torch import Tensor

from ddlib.dbn.cpds import LinearGaussianCPDs, Parameters
from ddlib.dbn.unrolling import unrolled


def node_names(num_variables: int, num_slices: int) -> list[str]:
    """Return the T·p names of the nodes, slice by slice.

    Args:
        num_variables: p.
        num_slices: T.
    """
    return [f"x{i}_t{t}" for t in range(num_slices) for i in range(num_variables)]


def to_pgmpy(flat: LinearGaussianCPDs, num_variables: int) -> LinearGaussianBayesianNetwork:
    """Return an unrolled network in pgmpy.

    Args:
        flat: densities of T·p nodes, slice by slice.
        num_variables: p.
    """
    names = node_names(num_variables, len(flat.bias) // num_variables)
    bias, weights, variances = (
        value.detach().cpu().numpy() for value in (flat.bias, flat.weights, flat.variances)
    )
    model = LinearGaussianBayesianNetwork()
    model.add_nodes_from(names)
    for j, name in enumerate(names):
        parents = np.flatnonzero(weights[:, j])
        evidence = [names[i] for i in parents]
        model.add_edges_from((parent, name) for parent in evidence)
        beta = [bias[j], *weights[parents, j]]
        model.add_cpds(LinearGaussianCPD(name, beta, float(np.sqrt(variances[j])), evidence))
    return model


def from_pgmpy(
    model: LinearGaussianBayesianNetwork, num_variables: int
) -> tuple[LinearGaussianCPDs, LinearGaussianCPDs, Tensor]:
    """Return first slice, transition and lagged weights `(p, p)` of a DBN, from it unrolled.

    Args:
        model: nodes x{variable}_t{slice}, from the number of which T follows. With T = 1 the
            transition repeats the first slice, with zero lagged weights.
        num_variables: p.

    Raises:
        ValueError: for a node that is missing, has another name or no density, and a model that is
            not first-order with one transition.
    """
    p, num_nodes = num_variables, len(model.nodes())
    names = node_names(p, num_nodes // p) if p > 0 else []
    if not names or set(names) != set(model.nodes()):
        raise ValueError(
            f"model: nodes {sorted(model.nodes())}; must be x0_t0 to x{p - 1}_t(T-1) for "
            f"num_variables = {p}"
        )
    flat = _read_cpds(model, names)
    initial = LinearGaussianCPDs(flat.bias[:p], flat.weights[:p, :p], flat.variances[:p])
    if num_nodes == p:
        return initial, initial, torch.zeros_like(initial.weights)
    second = slice(p, 2 * p)
    transition = LinearGaussianCPDs(
        flat.bias[second], flat.weights[second, second], flat.variances[second]
    )
    lagged = flat.weights[:p, second]
    _require_unrolled(flat, unrolled(initial, transition, lagged, num_nodes // p))
    return initial, transition, lagged


def _require_unrolled(flat: LinearGaussianCPDs, expected: Parameters) -> None:
    """Raise ValueError unless a model is what its first two slices unroll to."""
    for name, value in zip(("bias", "weights", "variances"), expected, strict=True):
        if not torch.allclose(value, getattr(flat, name), rtol=1e-9, atol=1e-12):
            raise ValueError(
                f"model: its {name} are not those of two slices unrolled; must be first-order with "
                "one transition"
            )


def _read_cpds(model: LinearGaussianBayesianNetwork, names: list[str]) -> LinearGaussianCPDs:
    """Read the densities of the nodes in the order of `names`."""
    bias, variances = torch.zeros(2, len(names), dtype=torch.float64)
    weights = torch.zeros(len(names), len(names), dtype=torch.float64)
    for j, name in enumerate(names):
        cpd = model.get_cpds(name)
        if not isinstance(cpd, LinearGaussianCPD):
            raise ValueError(f"model: node {name} has no density; must have one for each node")
        bias[j], variances[j] = float(cpd.beta[0]), float(cpd.std) ** 2
        for parent, weight in zip(cpd.evidence, cpd.beta[1:], strict=True):
            weights[names.index(parent), j] = float(weight)
    return LinearGaussianCPDs(bias, weights, variances)
