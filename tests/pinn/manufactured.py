"""Problems that are made from their solution, as a newcomer would write them."""

import torch

from ddlib.pinn.conditions import Dirichlet, Neumann, Robin
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.problem import ParametricProblem, Prior

EDGES = torch.linspace(0.05, 0.95, 4, dtype=torch.float64)


class Plate(ParametricProblem):
    """Harmonic functions on the unit square with two parameters, given on the edges.

    The solution is α₁ sin x cosh y + α₂ x y.
    """

    coordinates = ("x", "y")
    prior = Prior(0.5, 1.0, others=(Prior(-1.0, 0.3),))
    alpha_range = (-20.0, 20.0)

    def exact(self, *columns):
        x, y, first, second = columns
        return first * x.sin() * y.cosh() + second * x * y

    def residual(self, points, jet):
        return -jet.laplacian

    def residual_partials(self, points, jet):
        zero = torch.zeros_like(jet.u)
        return jet._replace(u=zero, x=zero, xx=zero - 1, y=zero, yy=zero - 1)

    def boundary_points(self, alphas):
        zero, one = torch.zeros_like(EDGES), torch.ones_like(EDGES)
        edges = [(EDGES, zero), (EDGES, one), (zero, EDGES), (one, EDGES)]
        return self.points_at(torch.cat([torch.stack(edge, -1) for edge in edges]), alphas)

    def boundary(self, points, jet):
        return jet.u - self.exact(*points.unbind(-1))

    def boundary_partials(self, points, jet):
        zero = torch.zeros_like(jet.u)
        return jet._replace(u=zero + 1, x=zero, xx=zero, y=zero, yy=zero)


class CoolingPlate(Plate):
    """As `Plate`, with a loss of heat that grows with the square of the temperature."""

    linear = False

    def residual(self, points, jet):
        return -jet.laplacian + jet.u.square() - self.exact(*points.unbind(-1)).square()

    def residual_partials(self, points, jet):
        return super().residual_partials(points, jet)._replace(u=2 * jet.u)


def rod(domain, kinds, *, reaction=0.0, exact=True):
    """-u'' + c u = f on an interval with a condition of each kind, made from its solution.

    The solution is (1 + α) sin(2x + 0.3) + α x.
    """

    def u(x, alpha):
        return (1 + alpha) * (2 * x + 0.3).sin() + alpha * x

    def slope(x, alpha):
        return 2 * (1 + alpha) * (2 * x + 0.3).cos() + alpha

    def condition(kind, end):
        at = torch.tensor(end, dtype=torch.float64)
        if kind == "Dirichlet":
            return Dirichlet(lambda alpha: u(at, alpha))
        if kind == "Neumann":
            return Neumann(lambda alpha: slope(at, alpha))
        # Cools outwards: the sign of the slope is that of the outward normal.
        sign = 1.0 if end == domain[1] else -1.0
        return Robin(
            lambda alpha: alpha.exp(),
            sign,
            lambda alpha: alpha.exp() * u(at, alpha) + sign * slope(at, alpha),
        )

    class Rod(IntervalProblem):
        def residual(self, points, jet):
            x, alpha = points.unbind(-1)
            source = 4 * (1 + alpha) * (2 * x + 0.3).sin() + reaction * u(x, alpha)
            return -jet.xx + reaction * jet.u - source

    Rod.domain = domain
    Rod.conditions = tuple(map(condition, kinds, domain))
    if exact:
        Rod.exact = lambda self, *columns: u(*columns)
    return Rod()
