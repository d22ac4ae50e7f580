"""The data of case study 1: a random network, its clean rows, and what K sources show of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from torch import Generator, Tensor

from ddlib.config import Config, Count, NonNegative, Probability, Seed
from ddlib.dbn import LinearGaussianDBN, negative_log_likelihood
from ddlib.dbn.recovery import intervention_error, structural_hamming_distance
from ddlib.merge import independent_hidden, random_hidden, split_sources
from ddlib.problem import TestCriterion
from ddlib.streams import spawn

WEIGHTS = {"strong": (0.4, 0.9), "weak": (0.2, 0.5)}
"""Name -> least and greatest size of an arc's weight, before the variables are scaled."""


class SourcesConfig(Config):
    """One random network and its sources.

    Attributes:
        seed: of all that is drawn.
        num_variables: variables p of a slice.
        num_slices: slices T of a trajectory.
        num_sources: sources K.
        num_hidden: variables that a source hides.
        hide: whether these are dealt out in turn, so that each is hidden about equally often; drawn
            for each source on its own; or, for four sources that hide two, such that two pairs are
            together in none.
        noise_std: measurement noise, in standard deviations of a variable.
        edge_probability: of each arc that the network may have.
        weights: sizes that the weights of its arcs are drawn from, see `WEIGHTS`.
        training_rows: of a source.
        validation_rows: of a source.
        test_rows: clean and complete.
        ridge: prior of the learner, in pseudo-rows.
    """

    added: ClassVar[Mapping[str, Any]] = {"hide": "dealt", "weights": "strong"}

    seed: Seed
    num_variables: Annotated[int, Field(strict=True, ge=2, le=50)] = 6
    num_slices: Count = 2
    num_sources: Annotated[int, Field(strict=True, ge=2)] = 4
    num_hidden: Annotated[int, Field(strict=True, ge=0)] = 1
    hide: Literal["dealt", "drawn", "apart"] = "dealt"
    noise_std: NonNegative = 0.3
    edge_probability: Probability = 0.2
    weights: Literal["strong", "weak"] = "strong"
    training_rows: Annotated[int, Field(strict=True, ge=10)] = 500
    validation_rows: Count = 125
    test_rows: Count = 1000
    ridge: NonNegative = 0.3

    @model_validator(mode="after")
    def _sources_see_all(self) -> Self:
        """Check that each variable is seen by some source."""
        # Hidden variables are dealt in turn, so the first of them is hidden the most often.
        most = self.num_variables * (self.num_sources - 1) // self.num_sources
        if self.num_hidden > most:
            raise ValueError(
                f"num_hidden = {self.num_hidden}: must be at most {most}, or no source sees some "
                f"of the {self.num_variables} variables"
            )
        sizes = self.num_sources, self.num_hidden
        if self.hide == "apart" and (sizes != (4, 2) or self.num_variables < 4):
            raise ValueError(
                "hide = 'apart': must have num_sources = 4 and num_hidden = 2, not "
                f"{self.num_sources} and {self.num_hidden}, and at least 4 num_variables"
            )
        return self

    def require_rows(self, *rows_per_source: int) -> None:
        """Check that a source has the rows of each budget.

        Args:
            rows_per_source: budgets, in rows per source.

        Raises:
            ValueError: for a budget above the training rows of a source.
        """
        for rows in rows_per_source:
            if rows > self.training_rows:
                raise ValueError(
                    f"rows_per_source = {rows}: must be at most the training_rows of a source, "
                    f"{self.training_rows}"
                )


def _hidden(config: SourcesConfig, generator: Generator) -> list[list[int]]:
    """Return what each source hides; what is drawn next is the same in all three ways."""
    sizes = config.num_sources, config.num_variables, config.num_hidden
    own = spawn(generator, "hidden")
    dealt = random_hidden(*sizes, generator=generator)
    if config.hide == "drawn":
        return independent_hidden(*sizes, generator=own)
    return dealt if config.hide == "dealt" else [[a, b] for a in (0, 1) for b in (2, 3)]


@dataclass(frozen=True)
class SourcesData:
    """What one config draws: the law, clean rows, and the sources' training and validation rows.

    Attributes:
        law: the network that all rows come from.
        clean: training rows of all sources before they lost anything, `(n, T, p)`.
        test: `(test_rows, T, p)`, clean.
        training: of each source, `(n, T, p)`, noisy, NaN where hidden.
        validation: likewise.
    """

    law: LinearGaussianDBN
    clean: Tensor
    test: Tensor
    training: list[Tensor]
    validation: list[Tensor]


def draw_data(config: SourcesConfig, *, generator: Generator) -> SourcesData:
    """Return a random network and its data, drawn as the caption of Fig. 1(a) says.

    Args:
        config: how many of what; its seed is not looked at.
        generator: draws the network, what sources hide, the rows and their noise.
    """
    law = LinearGaussianDBN.random(
        config.num_variables,
        generator=generator,
        edge_probability=config.edge_probability,
        weight_range=WEIGHTS[config.weights],
    )
    hidden = _hidden(config, generator)

    def split(rows_per_source: int) -> tuple[Tensor, list[Tensor]]:
        clean = law.sample(
            config.num_sources * rows_per_source, config.num_slices, generator=generator
        )
        return clean, split_sources(clean, hidden, noise_std=config.noise_std, generator=generator)

    clean, training = split(config.training_rows)
    _, validation = split(config.validation_rows)
    test = law.sample(config.test_rows, config.num_slices, generator=generator)
    return SourcesData(law, clean, test, training, validation)


def clean_log_likelihood(network: LinearGaussianDBN, data: SourcesData) -> float:
    """Return the log-likelihood of clean test rows, in nats per trajectory.

    Args:
        network: learnt from what a method made of the sources.
        data: has the rows.
    """
    return -TestCriterion(negative_log_likelihood(data.test))(network).item()


def worth(network: LinearGaussianDBN, data: SourcesData) -> dict[str, float]:
    """Return the errors of a network: of its density, its arcs, and the effects that it tells.

    Args:
        network: learnt from what a method made of the sources.
        data: whose clean test rows, and whose law, it is held against.

    Returns:
        The log-likelihood of test rows in nats per trajectory; the structural Hamming distance in
        edges; the error of interventions in standard deviations of a variable.
    """
    return {
        "log_likelihood": clean_log_likelihood(network, data),
        "shd": float(structural_hamming_distance(network.structure, data.law.structure)),
        "intervention": intervention_error(network, data.law),
    }
