"""Structures under search: their arcs, path counts, swept correlations and the gains of moves.

Sweeping a correlation matrix C on the parents P of a node j leaves the residual variance
S_jj = C_jj − C_jP C_PP⁻¹ C_Pj; for i ∉ P the partial covariance S_ij and partial variance S_ii; for
i ∈ P the weight S_ij and S_ii = −[C_PP⁻¹]_ii. So one formula gives the variance after i joins *or*
leaves the parents,

    v' = S_jj − S_ij² / S_ii,

and one sweep brings a node up to date when a parent joins. When one leaves, C is swept anew on the
others: undoing a sweep would cancel large numbers where parents are nearly collinear. Of many
parents, sweeps take long: there most are undone, and a node is swept anew now and then.

N = (I − A)⁻¹ counts the paths of an acyclic graph A. No path into i uses an arc i → j, nor does one
out of j, so the arc adds N_·i N_j· to N when it comes, and takes it away when it goes (King and
Sagert 2002). It may come unless N_ji > 0; it may turn round if N_ij = 1.
"""

from __future__ import annotations

import math

import numpy as np

from ddlib.dbn.graph import count_paths
from ddlib.dbn.sweeps import sweep, sweep_in_turn, undo_sweep

# The least residual variance, in marginal ones: a copied column would else win any score.
VARIANCE_FLOOR = 1e-9
# A candidate whose partial variance is below this share of its marginal adds nothing but rounding.
COLLINEARITY = 1e-10
# Gains, in nats per row, that may be rounding: not improvements, and ties among themselves.
GAIN_TOLERANCE = 1e-10
NEVER = np.iinfo(np.int64).max
# A sweep is undone where so many parents stay, where fewer were undone since the node was swept
# anew, and where the parent's partial variance is at least this share of its marginal.
MANY_PARENTS = 32
MOST_UNDONE = 16
LEAST_UNDONE = 1e-3


class SearchState:
    """n structures on d columns, whose first m, the targets, may have parents.

    What belongs to a node, target j of structure s, stands in row s m + j.

    Attributes:
        size: rows that the correlations stand for.
        correlation: `(n, d, d)`.
        paths: number of paths between targets, `(n, m, m)`.
        barrier: 0 for moves that close no cycle, else −inf, `(n, d + m, m)` as in `move_gains`.
        swept: correlations swept on the node's parents, `(n m, d, d)`.
        parents: arcs into the node, bool `(n m, d)`.
        num_parents: their number, `(n m,)`.
        undone: sweeps since the node was swept anew, `(n m,)`.
        joined: when each parent joined, `(n m, d)`: the order of sweeps that keeps pivots large.
        gains: of toggling each arc into the node, in nats, legal for cycles or not, `(n m, d)`.
        node_scores: BIC of the node, `(n m,)` in nats, up to a constant.
    """

    def __init__(
        self,
        correlation: np.ndarray,
        size: float,
        allowed: np.ndarray,
        max_parents: int,
        start: np.ndarray,
    ) -> None:
        """Begin from structures.

        Args:
            correlation: `(n, d, d)`.
            size: rows that each stands for.
            allowed: bool `(m, d)` with [j, i] for arc i → j.
            max_parents: most parents of a node.
            start: bool `(n, m, d)`, acyclic; arcs from collinear parents are left out.
        """
        n, m, d = start.shape
        self.size = size
        self.correlation = correlation
        self._penalty = 0.5 * math.log(size)  # of an arc
        self._allowed = allowed
        self._max_parents = max_parents
        self._clock = 0
        self.swept = np.repeat(correlation, m, axis=0)
        self.parents = np.zeros((n * m, d), dtype=bool)
        self.joined = np.zeros((n * m, d), dtype=np.int64)
        self.undone = np.zeros(n * m, dtype=np.int64)
        self._join(start.reshape(n * m, d))
        self.num_parents = self.parents.sum(axis=1)
        self.gains = np.empty((n * m, d))
        self.node_scores = np.empty(n * m)
        self._update_gains(np.arange(n * m), self.swept)
        self.paths = count_paths(self._arcs_among_targets())
        self.barrier = np.zeros((n, d + m, m))
        self._update_barrier()

    @property
    def arcs(self) -> np.ndarray:
        """The structures now, bool `(n, m, d)` with [·, j, i] for i → j."""
        return self.parents.reshape(-1, *self._allowed.shape)

    @property
    def scores(self) -> np.ndarray:
        """The BIC of each structure, `(n,)` in nats, up to a constant."""
        num_targets = len(self._allowed)
        return np.add.reduce(self.node_scores.reshape(-1, num_targets), axis=1)

    def keep(self, kept: np.ndarray) -> None:
        """Go on with some of the structures.

        Args:
            kept: bool `(n,)`.
        """
        for name in ("correlation", "paths", "barrier"):
            setattr(self, name, getattr(self, name)[kept])
        nodes = np.repeat(kept, len(self._allowed))
        fields = "swept", "parents", "num_parents", "joined", "undone", "gains", "node_scores"
        for name in fields:
            setattr(self, name, getattr(self, name)[nodes])

    def move_gains(self) -> np.ndarray:
        """Return the gain in BIC of each move, `(n, d + m, m)` in nats, −inf where it is illegal.

        Row i < d toggles the arc from i to the column's target; row d + i reverses it.
        """
        m, d = self._allowed.shape
        toggled = self.gains.reshape(-1, m, d).swapaxes(1, 2)
        among = toggled[:, :m]
        moves = np.empty(self.barrier.shape)
        moves[:, :d] = toggled
        np.add(among, among.swapaxes(1, 2), out=moves[:, d:])  # i → j goes and j → i comes
        moves += self.barrier
        return moves

    def apply(self, moves: np.ndarray) -> None:
        """Make one legal move in each structure.

        Args:
            moves: `(n,)`, indices into each structure's `move_gains`, flattened.
        """
        m, d = self._allowed.shape
        members = np.arange(len(moves))
        rows, children = np.divmod(moves, m)
        reverse = rows >= d
        if not np.count_nonzero(reverse):
            self._toggle(members, rows, children)
            self._update_sweeps(members * m + children, rows)
            return
        parents = rows - d * reverse
        self._toggle(members, parents, children)
        turned, new_parents, new_children = members[reverse], children[reverse], parents[reverse]
        self._toggle(turned, new_parents, new_children)
        nodes = np.concatenate([members * m + children, turned * m + new_children])
        self._update_sweeps(nodes, np.concatenate([parents, new_parents]))

    def _join(self, start: np.ndarray) -> None:
        """Sweep the nodes on their parents in `start`, (n m, d), but for the collinear."""
        columns = (~start).argsort(axis=1, kind="stable")  # parents first
        counts = np.count_nonzero(start, axis=1)
        for step in range(counts.max(initial=0)):
            nodes = np.flatnonzero(counts > step)
            parents = columns[nodes, step]
            independent = self.swept[nodes, parents, parents] > COLLINEARITY
            nodes, parents = nodes[independent], parents[independent]
            self.parents[nodes, parents] = True
            self.joined[nodes, parents] = step - start.shape[1]  # before any move
            matrices = self.swept[nodes]
            sweep(matrices, parents)
            self.swept[nodes] = matrices

    def _toggle(self, members: np.ndarray, parents: np.ndarray, children: np.ndarray) -> None:
        """Toggle one arc of each of different `members`."""
        nodes = members * len(self._allowed) + children
        added = ~self.parents[nodes, parents]
        change = 2 * added - 1
        self.parents[nodes, parents] = added
        self.num_parents[nodes] += change
        self._clock += 1
        self.joined[nodes, parents] = self._clock
        self._count_paths(members, parents, children, change)

    def _count_paths(
        self, members: np.ndarray, parents: np.ndarray, children: np.ndarray, change: np.ndarray
    ) -> None:
        """Add the paths through an arc of each of `members`, or take them away, by `change`."""
        among = parents < len(self._allowed)  # other columns have no parents: they lie on no cycle
        num_among = np.count_nonzero(among)
        if num_among == 0:
            return
        if num_among < len(among):
            members, parents = members[among], parents[among]
            children, change = children[among], change[among]
        into_parent = self.paths[members, :, parents]
        out_of_child = self.paths[members, children] * change[:, None]
        through_arc = into_parent[:, :, None] * out_of_child[:, None]
        self.paths[members] += through_arc
        self._update_barrier()

    def _arcs_among_targets(self) -> np.ndarray:
        """Arcs, (n, m, m), with [·, i, j] for i → j as in `paths`."""
        return self.arcs[:, :, : len(self._allowed)].swapaxes(1, 2)

    def _update_barrier(self) -> None:
        """Bar arcs that would close a cycle, and turns that would or of an arc that is absent."""
        m, d = self._allowed.shape
        closes_cycle = self.paths.swapaxes(1, 2) > 0
        may_turn = self._arcs_among_targets() & (self.paths == 1)
        self.barrier[:, :m] = np.where(closes_cycle, -np.inf, 0.0)
        self.barrier[:, d:] = np.where(may_turn, 0.0, -np.inf)

    def _update_sweeps(self, nodes: np.ndarray, parents: np.ndarray) -> None:
        """Bring different `nodes` up to date with one arc each, from `parents`."""
        added = self.parents[nodes, parents]
        if np.count_nonzero(added) == len(added):
            matrices = self.swept.take(nodes, axis=0)
            sweep(matrices, parents)
        else:
            nodes, matrices = self._swept_anew(nodes, parents, added)
        self.swept[nodes] = matrices
        self._update_gains(nodes, matrices)

    def _swept_anew(
        self, nodes: np.ndarray, parents: np.ndarray, added: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return `nodes` in another order and their matrices: one sweep if a parent was added."""
        undone = self._undoable(nodes, parents, added)
        counts = np.where(added, 1, np.where(undone, 0, self.num_parents[nodes]))
        order = np.argsort(-counts, kind="stable")
        nodes, parents, added, undone, counts = (
            a[order] for a in (nodes, parents, added, undone, counts)
        )
        unswept = self.correlation[nodes // len(self._allowed)]
        matrices = np.where((added | undone)[:, None, None], self.swept[nodes], unswept)
        times = np.where(self.parents[nodes], self.joined[nodes], NEVER)
        columns = times.argsort(axis=1)
        columns[added, 0] = parents[added]
        sweep_in_turn(matrices, columns, counts)
        if undone.any():
            swept = matrices[undone]
            undo_sweep(swept, parents[undone])
            matrices[undone] = swept
        return nodes, matrices

    def _undoable(self, nodes: np.ndarray, parents: np.ndarray, added: np.ndarray) -> np.ndarray:
        """Say which sweeps are undone, and count them."""
        partial = -1.0 / self.swept[nodes, parents, parents]  # above 0 for those that left
        undone = (self.num_parents[nodes] >= MANY_PARENTS) & (partial >= LEAST_UNDONE)
        undone &= ~added & (self.undone[nodes] < MOST_UNDONE)
        self.undone[nodes] = np.where(added | undone, self.undone[nodes] + undone, 0)
        return undone

    def _update_gains(self, nodes: np.ndarray, swept: np.ndarray) -> None:
        """Score `nodes` and the toggling of each of their parents, given their swept matrices."""
        rows = np.arange(len(nodes))
        targets = nodes % len(self._allowed)
        parents = self.parents.take(nodes, axis=0)
        num_parents = self.num_parents[nodes]
        pivots = swept.diagonal(axis1=1, axis2=2)
        joinable = pivots > COLLINEARITY
        joinable &= (num_parents < self._max_parents)[:, None]
        usable = (parents | joinable) & self._allowed.take(targets, axis=0)
        covariances = swept[rows, targets]
        variances = covariances[rows, targets]
        change = covariances * covariances / np.where(usable, pivots, np.inf)
        after = np.maximum(variances[:, None] - change, VARIANCE_FLOOR)
        fits = np.log(after)
        fits *= -0.5 * self.size
        fit = fits[rows, targets]  # a target is no parent of its own: its fit now
        gains = fits - fit[:, None]
        gains += np.where(parents, self._penalty, -self._penalty)
        gains[~usable] = -np.inf
        self.gains[nodes] = gains
        self.node_scores[nodes] = fit - self._penalty * num_parents
