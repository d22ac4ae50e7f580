"""Structures under search: their arcs, path counts, swept correlations and the gains of moves.

Sweeping a correlation matrix C on the parents P of a node j (Goodnight 1979) leaves the residual
variance S_jj = C_jj − C_jP C_PP⁻¹ C_Pj; for i ∉ P the partial covariance S_ij and partial variance
S_ii; for i ∈ P the weight S_ij and S_ii = −[C_PP⁻¹]_ii. So one formula gives the variance after i
joins *or* leaves the parents,

    v' = S_jj − S_ij² / S_ii,

and one sweep brings a node up to date when a parent joins. When one leaves, C is swept anew on the
others: undoing a sweep would cancel large numbers where parents are nearly collinear.

N = (I − A)⁻¹ counts the paths of an acyclic graph A. No path into i uses an arc i → j, nor does one
out of j, so the arc adds N_·i N_j· to N when it comes, and takes it away when it goes (King and
Sagert 2002). It may come unless N_ji > 0; it may turn round if N_ij = 1.
"""

import math

import numpy as np

# Residual variances are not trusted below this share of the marginal variance: a copied column
# would else win any score.
VARIANCE_FLOOR = 1e-9
# A candidate whose partial variance is below this share of its marginal adds nothing but rounding.
COLLINEARITY = 1e-10
# Gains, in nats a row, that may be rounding: not improvements, and ties among themselves.
GAIN_TOLERANCE = 1e-10
# Two of so many targets have at most 2⁶² paths between them, which int64 holds.
MAX_INT64_TARGETS = 64
NEVER = np.iinfo(np.int64).max


class SearchState:
    """n structures on d columns, whose first m, the targets, may have parents.

    `correlation` is (n, d, d), `size` the rows that it stands for, `allowed` bool (m, d) with
    [j, i] for arc i → j, `max_parents` the most parents of a node, and `start` bool (n, m, d) the
    acyclic structures to begin from; of its arcs, those from collinear parents are left out.
    `arcs` (n, m, d) are the structures now and `scores` (n,) their BIC in nats, up to a constant.
    """

    def __init__(
        self,
        correlation: np.ndarray,
        size: float,
        allowed: np.ndarray,
        max_parents: int,
        start: np.ndarray,
    ) -> None:
        n, m, d = start.shape
        self.size, self.penalty = size, 0.5 * math.log(size)
        self.allowed, self.max_parents = allowed, max_parents
        self.correlation = correlation
        self.swept = np.repeat(correlation[:, None], m, axis=1)  # one matrix a target
        self.arcs = np.zeros((n, m, d), dtype=bool)
        # When each parent joined: the order of sweeps that keeps every pivot large.
        self.joined = np.zeros((n, m, d), dtype=np.int64)
        self.clock = 0
        self.gains = np.empty((n, m, d))  # of toggling each arc, legal or not
        self.node_scores = np.empty((n, m))
        self.barrier = np.zeros((n, d + m, m))  # 0 for moves that close no cycle, −inf for others
        self._join(start)
        self.num_parents = self.arcs.sum(axis=2)
        self.paths = _count_paths(self.arcs[:, :, :m].swapaxes(1, 2))
        self._update_barrier()
        self._update_gains(np.arange(n * m), self.swept.reshape(n * m, d, d))

    @property
    def scores(self) -> np.ndarray:
        """Each structure's BIC, (n,) in nats, up to a constant."""
        return np.add.reduce(self.node_scores, axis=1)

    def keep(self, kept: np.ndarray) -> None:
        """Go on with the structures that bool `kept` (n,) marks."""
        for name in (
            *("correlation", "swept", "arcs", "num_parents", "joined"),
            *("gains", "node_scores", "barrier", "paths"),
        ):
            setattr(self, name, getattr(self, name)[kept])

    def move_gains(self) -> np.ndarray:
        """Gain in BIC of each move, (n, d + m, m) in nats, −inf where it is illegal.

        Row i < d toggles the arc from i to the column's target; row d + i reverses it.
        """
        n, m, d = self.arcs.shape
        moves = np.empty((n, d + m, m))
        moves[:, :d] = self.gains.swapaxes(1, 2)
        among = self.gains[:, :, :m]
        np.add(among, among.swapaxes(1, 2), out=moves[:, d:])
        moves += self.barrier
        return moves

    def apply(self, moves: np.ndarray) -> None:
        """Make one legal move in each structure: `moves` (n,) are indices into its `move_gains`."""
        n, m, d = self.arcs.shape
        members = np.arange(n)
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
        self._update_sweeps(
            np.concatenate([members * m + children, turned * m + new_children]),
            np.concatenate([parents, new_parents]),
        )

    def _toggle(self, members: np.ndarray, parents: np.ndarray, children: np.ndarray) -> None:
        """Toggle one arc of each of different `members`, and count paths anew."""
        n, m, d = self.arcs.shape
        nodes = members * m + children
        entries, arcs = nodes * d + parents, self.arcs.reshape(-1)
        added = ~arcs[entries]
        arcs[entries] = added
        sign = 2 * added - 1
        self.num_parents.reshape(-1)[nodes] += sign
        self.clock += 1
        self.joined.reshape(-1)[entries] = self.clock
        among = parents < m  # other columns have no parents, and so lie on no cycle
        num_among = np.count_nonzero(among)
        if not num_among:
            return
        if num_among < len(among):
            members, parents, nodes, sign = (a[among] for a in (members, parents, nodes, sign))
        sources = self.paths[members, :, parents]
        sinks = self.paths.reshape(n * m, m).take(nodes, axis=0) * sign[:, None]
        self.paths[members] += sources[:, :, None] * sinks[:, None]
        self._update_barrier()

    def _update_barrier(self) -> None:
        m, d = self.arcs.shape[1:]
        self.barrier[:, :m] = np.where(self.paths.swapaxes(1, 2) > 0, -np.inf, 0.0)
        free = (self.paths == 1) & self.arcs[:, :, :m].swapaxes(1, 2)
        self.barrier[:, d:] = np.where(free, 0.0, -np.inf)

    def _update_sweeps(self, nodes: np.ndarray, parents: np.ndarray) -> None:
        """Bring `nodes`, n m of them by target in each structure, up to date with one arc each."""
        n, m, d = self.arcs.shape
        swept = self.swept.reshape(n * m, d, d)
        added = self.arcs.reshape(-1)[nodes * d + parents]
        if np.count_nonzero(added) == len(added):
            matrices = swept.take(nodes, axis=0)
            sweep(matrices, parents)
        else:
            counts = np.where(added, 1, self.num_parents.reshape(-1)[nodes])
            order = np.argsort(-counts, kind="stable")  # those with sweeps left stay in front
            nodes, parents, added, counts = (a[order] for a in (nodes, parents, added, counts))
            matrices = np.where(added[:, None, None], swept[nodes], self.correlation[nodes // m])
            present = self.arcs.reshape(n * m, d)[nodes]
            times = np.where(present, self.joined.reshape(n * m, d)[nodes], NEVER)
            columns = times.argsort(axis=1)
            columns[added, 0] = parents[added]
            for step in range(counts[0]):
                left = int(np.count_nonzero(counts > step))
                sweep(matrices[:left], columns[:left, step])
        swept[nodes] = matrices
        self._update_gains(nodes, matrices)

    def _update_gains(self, nodes: np.ndarray, swept: np.ndarray) -> None:
        """Score `nodes` and the toggling of each of their parents, given their swept matrices."""
        n, m, d = self.arcs.shape
        k, targets = len(nodes), nodes % m
        own = np.arange(k) * d + targets  # where each target stands in (k, d), flat
        parents = self.arcs.reshape(n * m, d).take(nodes, axis=0)
        num_parents = self.num_parents.reshape(-1)[nodes]
        pivots = swept.reshape(k, d * d)[:, :: d + 1]
        joinable = pivots > COLLINEARITY
        if self.max_parents < d:
            joinable &= (num_parents < self.max_parents)[:, None]
        usable = (parents | joinable) & self.allowed.take(targets, axis=0)
        covariances = swept.reshape(k * d, d).take(own, axis=0)
        change = covariances * covariances / np.where(usable, pivots, np.inf)
        variances = np.maximum(covariances.reshape(-1)[own][:, None] - change, VARIANCE_FLOOR)
        fits = np.log(variances)
        fits *= -0.5 * self.size
        fit = fits.reshape(-1)[own]  # a target is no parent of its own: its variance now
        gains = fits - fit[:, None]
        gains += np.where(parents, self.penalty, -self.penalty)
        np.putmask(gains, ~usable, -np.inf)
        self.gains.reshape(n * m, d)[nodes] = gains
        self.node_scores.reshape(-1)[nodes] = fit - self.penalty * num_parents

    def _join(self, start: np.ndarray) -> None:
        """Sweep the targets on their parents in `start`, but for the collinear."""
        n, m, d = start.shape
        swept, joined = self.swept.reshape(n * m, d, d), self.joined.reshape(n * m, d)
        arcs, start = self.arcs.reshape(n * m, d), start.reshape(n * m, d)
        columns, counts = (~start).argsort(axis=1, kind="stable"), np.count_nonzero(start, axis=1)
        for step in range(counts.max(initial=0)):
            nodes = np.flatnonzero(counts > step)
            parents = columns[nodes, step]
            joining = swept[nodes, parents, parents] > COLLINEARITY
            nodes, parents = nodes[joining], parents[joining]
            arcs[nodes, parents] = True
            joined[nodes, parents] = step - d
            matrices = swept[nodes]
            sweep(matrices, parents)
            swept[nodes] = matrices


def sweep(matrices: np.ndarray, columns: np.ndarray) -> None:
    """Sweep `matrices` (k, d, d) in place on one column each, `columns` (k,).

    On column k: S_ij − S_ik S_kj / S_kk off the pivot, S_ik / S_kk beside it, −1 / S_kk on it. Off
    the pivot this is one rank-one update, with S_kk − 1 in place of S_kk in the column.
    """
    k, d, _ = matrices.shape
    rows = np.arange(k) * d + columns
    vectors = matrices.reshape(k * d, d).take(rows, axis=0)
    pivots = vectors.reshape(-1)[rows]
    vectors.reshape(-1)[rows] = pivots - 1.0
    vectors /= np.sqrt(pivots)[:, None]
    matrices -= vectors[:, :, None] * vectors[:, None]
    matrices.reshape(-1)[rows * d + columns] = -1.0 / pivots


def _count_paths(arcs: np.ndarray) -> np.ndarray:
    """Paths from i to j, (n, m, m), those of no arc too, of acyclic `arcs` (n, m, m)."""
    m = arcs.shape[-1]
    counts = arcs.astype(np.int64 if m <= MAX_INT64_TARGETS else object)
    unit = np.eye(m, dtype=counts.dtype)
    paths = np.broadcast_to(unit, counts.shape).copy()
    if arcs.any():
        for _ in range(m - 1):  # a path has at most m − 1 arcs
            paths = unit + counts @ paths
    return paths
