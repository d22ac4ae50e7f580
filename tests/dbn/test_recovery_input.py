"""What the measures of recovery refuse."""

import pytest
import torch

from ddlib.dbn import (
    LinearGaussianCPDs,
    LinearGaussianDBN,
    cpdag,
    intervention_error,
    structural_hamming_distance,
)
from tests.dbn.transitions import arcs_of


def test_bad_arguments_are_refused(make_network):
    network, none, loop = make_network(2, seed=0), arcs_of(2), arcs_of(2, (0, 1), (1, 0))
    arcs, cycle = network.structure, (none, torch.cat([none, loop]))
    three = make_network(3, seed=0)
    batch = LinearGaussianCPDs(*(torch.ones(2, 2), torch.zeros(2, 2, 2), torch.ones(2, 2)))
    batched = LinearGaussianDBN(batch, batch, torch.zeros(2, 2, 2))
    calls = {
        r"within: shape \(2, 3\); must be \(p, p\)": lambda: cpdag(torch.zeros(2, 3), none),
        r"lagged: shape \(3, 3\); must be \(2, 2\)": lambda: cpdag(none, arcs_of(3)),
        "within: its arcs within a slice close a cycle; must be acyclic": lambda: cpdag(loop, none),
        r"first\[1\]: shape \(2, 2\); must be \(4, 2\)": lambda: structural_hamming_distance(
            (none, none), arcs
        ),
        r"second\[1\]: shape \(6, 3\); must be \(4, 2\)": lambda: structural_hamming_distance(
            arcs, three.structure
        ),
        r"second\[1\]: its arcs within a slice close a cycle; must be acyclic": lambda: (
            structural_hamming_distance(arcs, cycle)
        ),
        "network: 3 variables; must be 2": lambda: intervention_error(three, network),
        r"law.lagged: shape \(2, 2, 2\); must be \(p, p\), of one network": lambda: (
            intervention_error(network, batched)
        ),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()
