"""How well a network was learnt beyond its likelihood: its graph, and its effects of interventions.

All is about the structure of transitions, p(x_t | x_{t−1}); the first slice is not judged. Time
directs each lagged arc. Data direct an arc within a slice only if all transitions that stand for
the same conditional densities agree on it: these have the same lagged arcs, the same edges within a
slice and the same v-structures i → j ← k of unjoined i and k (Verma and Pearl 1990; Chickering
1995). i may be lagged, and then it is joined to its children alone. Arcs among the nodes of x_{t−1}
make no difference: they would only shield v-structures of two lagged arcs, which time directs.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ddlib.dbn.cpds import require_shape
from ddlib.dbn.graph import is_acyclic
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.regressions import Structure
from ddlib.dbn.sources import require_variables


def cpdag(within: Tensor, lagged: Tensor) -> Tensor:
    """Return the completed partially directed graph within a slice, bool `(p, p)`.

    V-structures and rules 1 to 3 of Meek (1995) direct all arcs that can be. Rule 4 is for
    knowledge that no v-structure tells. Time is not of that kind: with two parents of its own, not
    joined, each lagged node would have arcs that v-structures and rule 1 direct, and nothing else
    would change.

    Args:
        within: arcs within a slice, bool `(p, p)` with [i, j] for i → j, acyclic.
        lagged: arcs from i a slice before to j, bool `(p, p)`.

    Returns:
        [i, j] without [j, i] for a compelled arc i → j, which all equivalent transitions have; both
        for an undirected edge, which some have as i → j and some as j → i.

    Raises:
        ValueError: for another shape, and a cycle.
    """
    within, lagged = (torch.as_tensor(arcs, dtype=torch.bool) for arcs in (within, lagged))
    if within.ndim != 2 or within.shape[0] != within.shape[1]:
        raise ValueError(f"within: shape {tuple(within.shape)}; must be (p, p)")
    require_shape("lagged", lagged, tuple(within.shape))
    _require_acyclic("within", within)
    arcs = within.cpu().numpy()
    reversible = arcs & ~_compelled(arcs, lagged.cpu().numpy())
    return torch.from_numpy(arcs | reversible.T)


def structural_hamming_distance(first: Structure, second: Structure) -> int:
    """Return the number of edges that differ between the graphs of two transitions.

    An edge within a slice is absent, i → j, j → i or undirected in `cpdag`, and counts once however
    it differs (Tsamardinos, Brown and Aliferis 2006). A lagged arc is there or not. The distance is
    0 if and only if the transitions are equivalent, and a metric on their classes.

    Args:
        first: arcs, as in `LinearGaussianDBN.structure`; its first slice is not used.
        second: as the first, of as many variables.

    Raises:
        ValueError: for another shape, and a cycle within a slice.
    """
    p = first[1].shape[-1]
    edges, lagged = [], []
    for name, (_, arcs) in {"first[1]": first, "second[1]": second}.items():
        require_shape(name, arcs, (2 * p, p))
        _require_acyclic(name, arcs[p:])
        edges.append(cpdag(arcs[p:], arcs[:p]))
        lagged.append(arcs[:p] != 0)
    differs = edges[0] != edges[1]
    pairs = (differs | differs.T).triu(1)
    return int(pairs.sum()) + int((lagged[0] != lagged[1]).sum())


def intervention_error(network: LinearGaussianDBN, law: LinearGaussianDBN) -> float:
    """Return the root mean square error of a network's total effects of interventions.

    To set x_{i,t} in a later slice, do(x_{i,t}), removes its equation, the column i of W. The mean
    of x_{j,t} then changes by the sum over all paths i → … → j of the products of their weights,
    for one unit of x_i (Pearl 2009). No path comes back to i, and so it is that of W itself, [i, j]
    of M = (I − W)⁻¹. All changes M_i of slice t go on to slice t + 1, whose mean follows
    x_{t+1}ᵀ = (bᵀ + x_tᵀ A) M: there it changes by [i, j] of M A M.

    Args:
        network: the one learnt.
        law: the true one, of as many variables.

    Returns:
        Over the p(p − 1) effects of i ≠ j within a slice and the p² effects a slice later, in units
        of j for one unit of i. Variables of different scales should be standardised before, since
        all count alike. Transitions that are equivalent may differ in it.

    Raises:
        ValueError: for a batch of networks, and another number of variables.
    """
    for name, model in {"network": network, "law": law}.items():
        if model.lagged.ndim > 2:
            raise ValueError(
                f"{name}.lagged: shape {tuple(model.lagged.shape)}; must be (p, p), of one network"
            )
    require_variables("network", network.num_variables, law.num_variables)
    return (_effects(network) - _effects(law)).square().mean().sqrt().item()


def _effects(network: LinearGaussianDBN) -> Tensor:
    """Return all total effects, within a slice and then a slice later, (p (2p − 1),)."""
    within = network.transition.reduced_form()
    later = within @ network.lagged @ within
    others = ~torch.eye(len(within), dtype=torch.bool, device=within.device)
    return torch.cat([within[others], later.flatten()])


def _compelled(arcs: np.ndarray, lagged: np.ndarray) -> np.ndarray:
    """Return the compelled ones of the arcs within a slice, (p, p).

    The rules are sound: where one directs an edge that is undirected so far, it does as `arcs` do.
    """
    joined = arcs | arcs.T
    # [s, k]: whether s, a lagged node or one of this slice, is another node than k and not joined.
    apart = ~np.concatenate([lagged, joined | np.eye(len(arcs), dtype=bool)])
    # [k, j]: k → j ← s makes a v-structure with some s.
    directed = arcs & (apart.T @ np.concatenate([lagged, arcs]))
    while True:
        follows = np.concatenate([lagged, directed]).T @ apart  # rule 1: s → k — j, s apart from j
        closes = directed @ directed  # rule 2: k → i → j
        forced = follows | closes | _between_parents(joined, directed, apart[len(arcs) :])
        grown = directed | (arcs & forced)
        if (grown == directed).all():
            return directed
        directed = grown


def _between_parents(joined: np.ndarray, directed: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return where rule 3 directs k → j, (p, p): k — c → j and k — d → j, c apart from d."""
    undirected = joined & ~(directed | directed.T)
    through = undirected[:, :, None] & directed  # [k, c, j]
    return np.asarray((through & (apart @ through)).any(axis=1))


def _require_acyclic(name: str, within: Tensor) -> None:
    """Raise ValueError if arcs within a slice close a cycle."""
    if not is_acyclic(within.cpu().numpy()):
        raise ValueError(f"{name}: its arcs within a slice close a cycle; must be acyclic")
