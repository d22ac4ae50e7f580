r"""k-means: the centres of clusters of the training rows of a class.

$$\min_{P_{c1},\dots,P_{cm_c}}\ \sum_k\sum_{i\in P_{ck}}\|\phi(z_i)-\bar\phi_{ck}\|^2,\qquad
s_{ck}=\frac1{|P_{ck}|}\sum_{i\in P_{ck}}z_i$$

over partitions of the rows of a class $c$ into $m_c$ clusters, by Lloyd's algorithm from starts of
k-means++ (Arthur & Vassilvitskii 2007). $\phi$ is as in herding: the standardised inputs of
classes, and whole rows where there are none, so that responses are means of a cluster's as inputs
are. A set weighs all clusters alike, however many rows they have: rows carry no weights here.
"""

# scikit-learn and threadpoolctl have no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from threadpoolctl import threadpool_limits
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.distillers.selection import per_class
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class KMeans:
    """Return the centres of the clusters of each class, projected onto the feasible sets.

    Attributes:
        num_starts: random starts of which the best clusters are kept.

    Raises:
        ValueError: for a number of starts that is not whole, or below 1.
    """

    num_starts: int = 10

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the settings."""
        raise_faults(count_faults("num_starts", self.num_starts, 1))

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws the starts.

        Raises:
            NotApplicable: for a problem without training rows, or with fewer of a class than
                wanted.
        """

        def centres(rows: Tensor, features: Tensor, count: int) -> Tensor:
            which = clusters(features, count, num_starts=self.num_starts, generator=generator)
            which = which.to(rows.device)
            means = [rows[which == k].mean(0) for k in which.unique()]
            # Fewer clusters than wanted where rows coincide: the centres are then rows twice.
            return torch.stack(means)[torch.arange(count) % len(means)]

        yield problem.feasible(per_class(problem, "k-means", centres))


def clusters(features: Tensor, count: int, *, num_starts: int, generator: Generator) -> Tensor:
    """Return the cluster of each row, `(n,)`, from 0; the same bits whatever the threads.

    Args:
        features: standardised, `(n, d)`.
        count: number of clusters, at most n; there are fewer where fewer rows are distinct.
        num_starts: random starts.
        generator: draws them.
    """
    from sklearn import cluster

    seed = int(torch.randint(2**31 - 1, (), generator=generator))
    distinct = len(features.unique(dim=0))
    model = cluster.KMeans(
        min(count, distinct),
        n_init=num_starts,  # pyright: ignore[reportArgumentType]
        random_state=seed,
        algorithm="lloyd",
    )
    with threadpool_limits(1):  # threads divide the sums for the centres differently
        return torch.as_tensor(model.fit_predict(features.double().cpu().numpy())).long()
