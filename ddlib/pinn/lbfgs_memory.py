r"""The pairs that L-BFGS remembers, for many independent minimisations side by side.

From the last pairs $s_i=\theta_{i+1}-\theta_i$, $y_i=g_{i+1}-g_i$, the columns of $S$ and $Y$, the
direction is $-Hg$ with the matrix of Byrd, Nocedal and Schnabel (1994),

$$H=\gamma I+\begin{bmatrix}S&\gamma Y\end{bmatrix}
\begin{bmatrix}R^{-\top}(D+\gamma Y^\top Y)R^{-1}&-R^{-\top}\\-R^{-1}&0\end{bmatrix}
\begin{bmatrix}S^\top\\\gamma Y^\top\end{bmatrix},$$

where $R$ is the upper triangle of $S^\top Y$, $D$ its diagonal, $\gamma=s^\top y/y^\top y$ of the
last pair. That is what the two-loop recursion computes, in two matrix products instead of four
vector operations a pair.
"""

from __future__ import annotations

import torch
from torch import Tensor

LEAST_CURVATURE = 1e-16  # of s.y over y.y: below it a pair is nothing but rounding


class Memory:
    """The last pairs of each member of a batch, and all their dot products.

    Each new pair takes the slot of the oldest one.

    Attributes:
        history: the number of slots.
        count: the pairs that each member has had since it was cleared, `(B,)`.
    """

    def __init__(self, point: Tensor, history: int) -> None:
        """Make room for the pairs of all members.

        Args:
            point: `(B, D)`, whose shape and type the pairs have.
            history: the most pairs that are kept.
        """
        batch, dim = point.shape
        self.history = history
        self.count = torch.zeros(batch, dtype=torch.long, device=point.device)
        # The steps s come first, then the changes y.
        self._pairs = point.new_zeros(batch, 2 * history, dim)
        self._products = point.new_zeros(batch, 2 * history, 2 * history)
        self._gamma = point.new_ones(batch)
        self._unit = torch.eye(history, dtype=point.dtype, device=point.device)

    def add(self, members: Tensor, steps: Tensor, changes: Tensor) -> None:
        """Keep a pair of these members; one without curvature is dropped.

        Args:
            members: which members, `(B,)` of booleans.
            steps: $s$ of each, `(B, D)`.
            changes: $y$ of each, `(B, D)`.
        """
        curvature = (steps * changes).sum(-1)
        size = changes.square().sum(-1)
        chosen = (members & (curvature > LEAST_CURVATURE * size)).nonzero().squeeze(-1)
        oldest = self.count[chosen] % self.history
        slots = (oldest, oldest + self.history)  # of the step, of the change
        pair = torch.stack([steps, changes], dim=1)
        for part, slot in enumerate(slots):
            self._pairs[chosen, slot] = pair[chosen, part]
        products = torch.bmm(self._pairs, pair.mT)[chosen]
        for part, slot in enumerate(slots):
            self._products[chosen, slot] = products[..., part]
            self._products[chosen, :, slot] = products[..., part]
        self._gamma[chosen] = (curvature / size)[chosen]
        self.count[chosen] += 1

    def clear(self, members: Tensor) -> None:
        """Forget all pairs of these members.

        Args:
            members: which members, `(B,)` of booleans.
        """
        keep = ~members
        self._pairs *= keep[:, None, None]
        self._products *= keep[:, None, None]
        self._gamma = torch.where(members, 1.0, self._gamma)
        self.count = self.count * keep

    def direction(self, gradient: Tensor) -> Tensor:
        r"""Return $-Hg$, `(B, D)`; $-g$ where there is no pair.

        Args:
            gradient: $g$, `(B, D)`.
        """
        history, gamma = self.history, self._gamma[:, None]
        order = self._by_age()
        products = self._ordered_products(order)
        steps_by_changes = products[:, :history, history:]
        changes_by_changes = products[:, history:, history:]

        dots = torch.bmm(self._pairs, gradient.unsqueeze(-1)).squeeze(-1).gather(1, order)
        by_steps, by_changes = dots[:, :history], dots[:, history:]

        upper = steps_by_changes.triu()  # R
        curvature = upper.diagonal(dim1=-2, dim2=-1)  # D
        # An empty slot has a row and a column of zeros; a one on the diagonal lets R be solved.
        upper = upper + self._unit * (curvature == 0)[:, None, :]

        # The weights of Y are -gamma R^-1 S'g, those of S are R^-T applied to what is left.
        solved = torch.linalg.solve_triangular(upper, by_steps.unsqueeze(-1), upper=True)
        inner = torch.bmm(changes_by_changes, solved).squeeze(-1)
        solved = solved.squeeze(-1)
        right = curvature * solved + gamma * (inner - by_changes)
        of_steps = torch.linalg.solve_triangular(upper.mT, right.unsqueeze(-1), upper=False)
        weights = torch.cat([of_steps.squeeze(-1), -gamma * solved], dim=1)

        by_slot = torch.empty_like(weights).scatter_(1, order, weights)
        combined = torch.bmm(by_slot.unsqueeze(1), self._pairs).squeeze(1)
        return -(gamma * gradient + combined)

    def _by_age(self) -> Tensor:
        """Return the slots of steps, then of changes, from the oldest to the newest, `(B, 2h)`.

        Slots still empty come first, where they change nothing.
        """
        order = (
            self.count[:, None] + torch.arange(self.history, device=self.count.device)
        ) % self.history
        return torch.cat([order, order + self.history], dim=1)

    def _ordered_products(self, order: Tensor) -> Tensor:
        """Return the dot products with rows and columns in that order, `(B, 2h, 2h)`."""
        rows = self._products.gather(1, order[..., None].expand_as(self._products))
        return rows.gather(2, order[:, None, :].expand_as(self._products))
