r"""Maximum mean discrepancy: rows whose distribution a kernel cannot tell from the real one.

$$\hat F(S)=\sum_c\Bigl[\frac1{n_c^2}\sum_{x,x'\in D_c}k_c(x,x')
-\frac2{n_cm_c}\sum_{x\in D_c,\,s\in S_c}k_c(x,s)+\frac1{m_c^2}\sum_{s,s'\in S_c}k_c(s,s')\Bigr]$$

the squared distance of the mean embeddings of real and synthetic rows of each class $c$ (Gretton et
al. 2012), in the space of $k_c(x,x')=\frac1B\sum_b\exp(-\|\phi(x)-\phi(x')\|^2/2(b\,h_c)^2)$, with
$h_c$ the median distance of the rows of the class and $\phi$ as in herding. A Gaussian kernel sees
all moments, where distribution matching sees the first one (M3D, Zhang et al. 2024, which takes
the features of random networks for $\phi$). Neither the learner nor the criterion has a say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.arguments import is_finite
from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import training_rows
from ddlib.learners.kernel_ridge import RBF, Kernel
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class MaximumMeanDiscrepancy:
    """Descend the squared discrepancy of each class.

    Attributes:
        bandwidths: $b$ of the kernels, in median distances of a class.
        optimizer: makes the step.

    Raises:
        ValueError: for no bandwidth, and one that is not a finite number above 0.
    """

    bandwidths: tuple[float, ...] = (0.5, 1.0, 2.0)
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if not (self.bandwidths and all(is_finite(b) and b > 0 for b in self.bandwidths)):
            raise ValueError(
                f"bandwidths = {self.bandwidths!r}: must be finite numbers above 0, at least one"
            )

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: not used, as nothing is random.

        Raises:
            NotApplicable: for a problem without training rows.
        """
        real, layout = training_rows(problem, "maximum mean discrepancy"), problem.layout
        standardise, classes = layout.standardiser(real), layout.groups(problem.initial)
        features = standardise(layout.features(real))
        wanted = [features[group] for group in layout.groups(real)]
        kernels = [median_kernel(each, self.bandwidths) for each in wanted]

        def objective(rows: Tensor) -> Tensor:
            had = standardise(layout.features(rows))
            parts = [
                moving_part(kernel, theirs, had[ours])
                for kernel, theirs, ours in zip(kernels, wanted, classes, strict=True)
                if len(ours)  # a set may have fewer rows than there are classes
            ]
            return torch.stack(parts).sum()

        return descend(problem, objective, self.optimizer)


def squared_discrepancy(kernel: Kernel, real: Tensor, rows: Tensor) -> Tensor:
    """Return the squared discrepancy of two samples, a scalar, at least 0 but for rounding.

    Args:
        kernel: positive semi-definite.
        real: features `(n, d)`.
        rows: features `(m, d)`.
    """
    return kernel(real, real).mean() + moving_part(kernel, real, rows)


def moving_part(kernel: Kernel, real: Tensor, rows: Tensor) -> Tensor:
    """Return the squared discrepancy but for its mean over pairs of real rows, which is constant.

    Args:
        kernel: positive semi-definite.
        real: features `(n, d)`.
        rows: features `(m, d)`.
    """
    return kernel(rows, rows).mean() - 2 * kernel(rows, real).mean()


def median_kernel(features: Tensor, bandwidths: Sequence[float]) -> Kernel:
    """Return the mean of Gaussian kernels, whose bandwidths are multiples of a median distance.

    The median is that of the first 500 rows; 1 where half of the pairs coincide, or there is none.

    Args:
        features: standardised, `(n, d)`.
        bandwidths: the multiples.
    """
    distances = torch.pdist(features[:500])
    median = distances.quantile(0.5).item() if len(distances) else 0.0
    kernels = [RBF(multiple * (median or 1.0)) for multiple in bandwidths]
    return lambda a, b: torch.stack([kernel(a, b) for kernel in kernels]).mean(0)
