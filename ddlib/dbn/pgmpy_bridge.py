"""Convert a DBN to pgmpy's static network of its unrolled slices, and back.

Nodes are named x{variable}_t{slice}: pgmpy passes names through a formula parser, which would read
a name such as 0_1 as a number.
"""

import numpy as np
import torch
from pgmpy.factors.continuous import LinearGaussianCPD
from pgmpy.models import LinearGaussianBayesianNetwork

from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.dbn.network import LinearGaussianDBN


def node_names(num_variables: int, num_slices: int) -> list[str]:
    """Return the T·p node names in slice-major order."""
    return [f"x{i}_t{t}" for t in range(num_slices) for i in range(num_variables)]


def to_pgmpy(network: LinearGaussianDBN, num_slices: int) -> LinearGaussianBayesianNetwork:
    """Return `network` unrolled over `num_slices` slices. Raises ValueError if that is below 1."""
    flat = network.unroll(num_slices)
    names = node_names(network.num_variables, num_slices)
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


def from_pgmpy(model: LinearGaussianBayesianNetwork, num_variables: int) -> LinearGaussianDBN:
    """Return the DBN with `num_variables` variables that unrolls to `model`.

    The number of slices follows from the number of nodes; with one slice the transition repeats it,
    with zero lagged weights. Raises ValueError if a node is missing, has no density, or is not
    named x{variable}_t{slice}, or if the model is not first-order with one shared transition.
    """
    p, num_nodes = num_variables, len(model.nodes())
    names = node_names(p, num_nodes // p) if p > 0 else []
    if not names or set(names) != set(model.nodes()):
        raise ValueError(
            f"model must have nodes x0_t0 to x{p - 1}_t(T-1) for num_variables={p}, "
            f"got {sorted(model.nodes())}"
        )
    flat = _read_cpds(model, names)
    initial = LinearGaussianCPDs(flat.bias[:p], flat.weights[:p, :p], flat.variances[:p])
    if num_nodes == p:
        return LinearGaussianDBN(initial, initial, torch.zeros_like(initial.weights))
    second = slice(p, 2 * p)
    transition = LinearGaussianCPDs(
        flat.bias[second], flat.weights[second, second], flat.variances[second]
    )
    network = LinearGaussianDBN(initial, transition, flat.weights[:p, second])
    again = network.unroll(num_nodes // p)
    for name in ("bias", "weights", "variances"):
        if not torch.allclose(getattr(again, name), getattr(flat, name), rtol=1e-9, atol=1e-12):
            raise ValueError(f"model must be first-order with one transition; its {name} are not")
    return network


def _read_cpds(model: LinearGaussianBayesianNetwork, names: list[str]) -> LinearGaussianCPDs:
    bias, variances = torch.zeros(2, len(names), dtype=torch.float64)
    weights = torch.zeros(len(names), len(names), dtype=torch.float64)
    for j, name in enumerate(names):
        cpd = model.get_cpds(name)
        if cpd is None:
            raise ValueError(f"model must have a density for every node, {name} has none")
        bias[j], variances[j] = float(cpd.beta[0]), float(cpd.std) ** 2
        for parent, weight in zip(cpd.evidence, cpd.beta[1:], strict=True):
            weights[names.index(parent), j] = float(weight)
    return LinearGaussianCPDs(bias, weights, variances)
