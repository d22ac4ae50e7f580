"""What a learner is, and what some can besides: predict, learn batches of sets, be inverted."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import Generator, Tensor


class Learner(Protocol):
    r"""A learner $\mathcal A(S,\xi)\to\theta$: from synthetic rows to a model.

    Randomness: callers always hand on a generator. A learner that draws its $\xi$ takes it as a
    required keyword, so that a missing one is a `TypeError`. A learner that draws nothing ignores
    it, and may give it the default None.
    """

    def __call__(self, rows: Tensor, *, generator: Generator) -> Any:
        r"""Return the model learnt from `rows` `(m, …)`.

        Args:
            rows: synthetic rows `(m, …)`.
            generator: draws $\xi$.
        """
        ...


@runtime_checkable
class Predictor(Learner, Protocol):
    """A learner whose models predict the responses of a row from its inputs."""

    def predict(self, model: Any, inputs: Tensor, /) -> Tensor:
        """Return `(n, k)`: the values of k responses, or the logits of k classes.

        Args:
            model: what the learner returned.
            inputs: `(n, d)`.
        """
        ...


@runtime_checkable
class BatchLearner(Learner, Protocol):
    """A learner that also learns from sets `(B, m, …)`, into a batch of models.

    Of such a batch a criterion returns `(B,)` values.
    """

    @property
    def batched(self) -> bool:
        """Whether it does; a learner that is made of others may know only when it is made."""
        ...


def learns_batches(learner: Learner) -> bool:
    """Return whether a learner is a `BatchLearner` whose `batched` is true.

    Args:
        learner: any learner.
    """
    return isinstance(learner, BatchLearner) and learner.batched


@runtime_checkable
class InvertibleLearner(Learner, Protocol):
    """A learner with a right inverse: it knows rows from which it makes a wanted model."""

    def rows_for(self, model: Any, /, num_rows: int, *, generator: Generator) -> Tensor:
        """Return rows `(num_rows, …)` that this learner maps to `model`, to rounding.

        What the shape of a row does not owe to the model, the learner's fields say.

        Args:
            model: a model of the kind that the learner returns.
            num_rows: budget m.
            generator: draws what the model leaves open; ignored where that is nothing.

        Raises:
            ValueError: for a model that no set of `num_rows` rows gives.
        """
        ...
