r"""Any classifier or regressor of scikit-learn as a learner, a pipeline too.

$$\mathcal A(S,\xi)=\texttt{clone(estimator).fit}(X_S,y_S)$$

with every `random_state` drawn anew. Such a learner has neither a gradient nor a loss: zeroth-order
distillation, kernel inducing points and the methods that select or match rows take it.

A row whose classes have the probabilities $y_i$ stands for copies of its inputs, one of each class
of weight $y_{ic}>0$. The steps of a pipeline before the last see each row once, with its likeliest
class.
"""

# scikit-learn has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
import warnings
from collections.abc import Generator as Iterating
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter
from torch import Generator, Tensor

from ddlib.arguments import count_faults, fault, raise_faults
from ddlib.problem import NotApplicable
from ddlib.problem.rows import Layout

Labels = Literal["soft", "hard"]
"""Whether a row counts for each class by its probability, or for its likeliest class alone."""


@dataclass(frozen=True)
class EstimatorLearner:
    """An estimator of scikit-learn, fitted anew to each set.

    Attributes:
        estimator: classifier or regressor, which is cloned and left as it is.
        num_responses: number k of responses.
        categorical: whether they are the probabilities of classes; then the estimator is a
            classifier, else a regressor.
        labels: "soft" for rows that count for each class by its probability, which takes an
            estimator with `sample_weight` unless all probabilities are 0 or 1; a probability below
            0 counts as 0. "hard" for the likeliest class alone.

    Raises:
        ValueError: for a setting out of its range, and an estimator of the other kind.
        TypeError: for what is no estimator.
    """

    estimator: Any
    num_responses: int
    categorical: bool = True
    labels: Labels = "soft"
    _told: set[object] = field(init=False, repr=False, compare=False, default_factory=set)

    def __post_init__(self) -> None:
        """Check the settings."""
        faults = count_faults("num_responses", self.num_responses, 2 if self.categorical else 1)
        if self.labels not in get_args(Labels):
            faults.append(fault("labels", self.labels, "'soft' or 'hard'"))
        kind = "a classifier" if self.categorical else "a regressor"
        needed = "fit", "predict", "get_params"
        if isinstance(self.estimator, type) or not all(hasattr(self.estimator, n) for n in needed):
            wanted = f"{kind} of scikit-learn, an instance with {', '.join(needed)}"
            raise_faults(faults, [f"estimator = {_shown(self.estimator)}: must be {wanted}"])
        if not (is_classifier if self.categorical else is_regressor)(self.estimator):
            faults.append(
                f"estimator: {self._name} is no {kind.split()[1]}; must be {kind}, as "
                f"categorical = {self.categorical}"
            )
        raise_faults(faults)

    def __call__(self, rows: Tensor, *, generator: Generator) -> Any:
        """Return the fitted estimator.

        Args:
            rows: `(m, d + k)`.
            generator: draws every `random_state`.

        Raises:
            NotApplicable: for soft labels and an estimator without `sample_weight`.
            ValueError: where the estimator does not learn from such rows.
        """
        model: Any = clone(self.estimator)
        states = [n for n in sorted(model.get_params()) if n.split("__")[-1] == "random_state"]
        model.set_params(**{name: _seed(generator) for name in states})
        soft = self._soft(rows)
        if soft and not has_fit_parameter(_last_step(model), "sample_weight"):
            raise NotApplicable(
                f"estimator: {type(_last_step(model)).__name__} takes no sample_weight, and these "
                "rows have soft labels; use labels='hard' for the likeliest class of each row"
            )
        with _global_streams(_seed(generator)), self._warning_once():
            try:
                self._fit(model, rows.detach().cpu(), soft)
            except Exception as error:
                raise ValueError(
                    f"estimator: {self._name} does not learn from these rows, {_line(error)}"
                    f"{self._advice}"
                ) from error
        return model

    def predict(self, model: Any, inputs: Tensor) -> Tensor:
        """Return `(n, k)`: values of responses, or logarithms of the probabilities of classes.

        Probabilities are at least the rounding of the type of `inputs`, as in scikit-learn's
        `log_loss`. An estimator without `predict_proba` gives its class the probability 1.

        Args:
            model: what the learner returned.
            inputs: `(n, d)`.

        Raises:
            ValueError: where the model does not predict from such inputs.
        """
        x = inputs.detach().cpu().numpy()
        try:
            if not self.categorical:
                values = np.asarray(model.predict(x)).reshape(len(x), self.num_responses)
                return torch.from_numpy(np.array(values)).to(inputs)
            if hasattr(model, "predict_proba"):
                known, shares = np.asarray(model.classes_), np.asarray(model.predict_proba(x))
            else:
                known = np.arange(self.num_responses)
                shares = np.equal.outer(np.asarray(model.predict(x)), known)
        except Exception as error:
            raise ValueError(
                f"estimator: {self._name} does not predict from these inputs, {_line(error)}"
            ) from error
        probabilities = torch.zeros(len(x), self.num_responses, dtype=torch.float64)
        probabilities[:, torch.from_numpy(known)] = torch.from_numpy(shares.astype(float))
        return probabilities.clamp_min(torch.finfo(inputs.dtype).eps).log().to(inputs)

    @property
    def _name(self) -> str:
        """What messages call the estimator."""
        return type(self.estimator).__name__

    @property
    def _layout(self) -> Layout:
        """What the columns of a row are."""
        return Layout(self.num_responses, self.categorical)

    @property
    def _advice(self) -> str:
        """What may help an estimator that does not learn several responses."""
        if self.categorical or self.num_responses == 1:
            return ""
        return "; wrap what learns a single response in sklearn.multioutput.MultiOutputRegressor"

    def _soft(self, rows: Tensor) -> bool:
        """Whether rows count for several classes."""
        if not self.categorical or self.labels == "hard":
            return False
        shares = self._layout.responses(rows)
        return not bool((shares.eq(0) | shares.eq(1)).all() and shares.sum(1).eq(1).all())

    def _fit(self, model: Any, rows: Tensor, soft: bool) -> None:
        """Fit to rows, or to their weighted copies."""
        inputs, responses = self._layout.inputs(rows).numpy(), self._layout.responses(rows)
        if soft:
            _fit_copies(model, inputs, responses.numpy())
        elif self.categorical:
            model.fit(inputs, responses.argmax(1).numpy())
        else:
            model.fit(inputs, responses.numpy()[:, 0 if self.num_responses == 1 else slice(None)])

    @contextmanager
    def _warning_once(self) -> Iterating[None]:
        """Give a warning of a fit, of convergence for instance, at the first fit that has it."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        for each in caught:
            place = each.category, each.filename, each.lineno
            if place not in self._told:
                self._told.add(place)
                warnings.warn(f"{self._name}: {each.message}", each.category, stacklevel=4)


def _fit_copies(model: Any, inputs: Any, weights: Any) -> None:
    """Fit to a copy of each row per class of positive weight; a pipeline by its last step."""
    if isinstance(model, Pipeline):
        *before, last = model.steps
        if before:
            first = model[:-1]
            inputs = first.fit_transform(inputs, weights.argmax(1))
            model.steps[:-1] = first.steps  # a pipeline with a memory fits copies
        return _fit_copies(last[1], inputs, weights)
    row, target = np.nonzero(weights > 0)
    copies = inputs.iloc[row] if hasattr(inputs, "iloc") else inputs[row]
    model.fit(copies, target, sample_weight=weights[row, target])
    return None


def _last_step(model: Any) -> Any:
    """Return the estimator that a pipeline ends with."""
    return _last_step(model.steps[-1][1]) if isinstance(model, Pipeline) else model


def _seed(generator: Generator) -> int:
    """Return a seed that numpy takes."""
    return int(torch.randint(2**32, (), generator=generator))


@contextmanager
def _global_streams(seed: int) -> Iterating[None]:
    """Let those draw from a seed that take no `random_state`; global streams stay as they were."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


def _shown(value: object) -> str:
    """Return what a message shows of what is no estimator."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"{value!r}"


def _line(error: Exception) -> str:
    """Return an error of scikit-learn in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
