import numpy as np
import pytest
import torch
from scipy.stats import norm

from ddlib.dbn import LinearGaussianDBN


@pytest.mark.parametrize("num_slices", [1, 2, 4])
def test_pgmpy_round_trip(make_network, num_slices):
    network = make_network(3, seed=6)
    again = LinearGaussianDBN.from_pgmpy(network.to_pgmpy(num_slices), 3)
    flat, flat_again = network.unroll(num_slices), again.unroll(num_slices)
    for name in ("bias", "weights", "variances"):
        torch.testing.assert_close(getattr(flat_again, name), getattr(flat, name))


def test_pgmpy_agrees_on_complete_rows(make_network):
    # pgmpy 1.1.2: the joint is indexed rightly, but `to_joint_gaussian` rounds it to 8 decimals, so
    # its log-likelihood is only good to about 1e-6. The sum of the CPDs' densities is exact.
    pd = pytest.importorskip("pandas")
    network = make_network(4, seed=9)
    model = network.to_pgmpy(3)
    rows = network.sample(10, 3, generator=torch.Generator().manual_seed(0))
    names = [f"x{i}_t{t}" for t in range(3) for i in range(4)]
    table = pd.DataFrame(rows.flatten(1).numpy(), columns=names)
    expected = np.zeros(10)
    for cpd in model.get_cpds():
        centre = cpd.beta[0] + table[cpd.evidence].to_numpy() @ cpd.beta[1:]
        expected += norm(centre, cpd.std).logpdf(table[cpd.variable])
    actual = network.log_likelihood(rows)
    np.testing.assert_allclose(actual, expected, rtol=1e-10)
    assert float(actual.sum()) == pytest.approx(model.log_likelihood(table), rel=1e-5)


def test_from_pgmpy_refuses_what_is_no_dbn(make_network):
    network = make_network(2, seed=1)
    nodes = r"\['x0_t0', 'x0_t1', 'x1_t0', 'x1_t1'\]"
    message = rf"model: nodes {nodes}; must be x0_t0 to x2_t\(T-1\) for num_variables = 3"
    with pytest.raises(ValueError, match=message):
        LinearGaussianDBN.from_pgmpy(network.to_pgmpy(2), 3)
    model = network.to_pgmpy(3)
    model.get_cpds("x0_t2").beta[0] += 1.0
    with pytest.raises(
        ValueError, match="model: its bias are not those of two slices unrolled; must be first-"
    ):
        LinearGaussianDBN.from_pgmpy(model, 2)
    model.remove_cpds("x1_t1")
    with pytest.raises(
        ValueError, match="model: node x1_t1 has no density; must have one for each node"
    ):
        LinearGaussianDBN.from_pgmpy(model, 2)
