"""Problems that are made from their solution, as a newcomer would write them."""

import torch

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
