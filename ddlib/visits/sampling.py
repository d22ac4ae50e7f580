"""New people of a model, with visits of their own: first visits, then step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import ndtri

from ddlib.copula.margins import Margin
from ddlib.copula.posterior import State
from ddlib.merge.model import numpy_seed
from ddlib.tables import Column
from ddlib.visits.model import GAP, LEFT, NEXT, NOW, NUMBER, STATIC, TIME, Law, Part, VisitModel
from ddlib.visits.outcomes import Outcome
from ddlib.visits.panel import Visits

_OUTERMOST = 1e-3  # share of the people beyond which a time is as far out as one can be


def sample(
    model: VisitModel, num_people: int, purpose: str, outcomes: dict[str, Outcome] | None = None
) -> Visits:
    """Return visits of new people, as they are written.

    People take turns at the states of the model, so that they vary as what is known does.

    Args:
        model: of real visits.
        num_people: to draw.
        purpose: of the people; each has people of its own.
        outcomes: of which the visits tell, by the names of their columns.
    """
    generator = np.random.default_rng(numpy_seed(model.seed, purpose))
    num_states = len(model.windows.states)
    parts = [
        _Walk.of(model, k, len(range(k, num_people, num_states)), generator)
        for k in range(min(num_states, num_people))
    ]
    drawn = _gathered(model, parts, num_people)
    return _coherent(drawn, outcomes or {})


@dataclass(frozen=True, eq=False)
class _Walk:
    """Visits of people under one state: codes `(P, T, p)`, times and whether there is a visit."""

    codes: np.ndarray
    time: np.ndarray
    there: np.ndarray

    @classmethod
    def of(cls, model: VisitModel, k: int, num_people: int, generator: Generator) -> _Walk:
        """Return new people under the k-th state of each law."""
        start = _normal(model.people.states[k], num_people, generator)
        lengths = _within(_read(model.people, start, NUMBER), model.visits.counts)
        names = [c.name for c in model.visits.schema.columns]
        moves = dict(zip(names, model.visits.moves, strict=True))
        static = [(STATIC, name) for name in sorted(names) if not moves[name]]
        now = [(NOW, name) for name in sorted(names) if moves[name]]
        step = _Step.of(model.windows, k, static, now)
        scores = {part: start[:, model.people.places[part]] for part in (*static, *now)}
        time = _read(model.people, start, TIME)
        codes, times = [_codes(names, moves, model.windows.margins, scores)], [time]
        gap = _gaps(model.visits)
        for number in range(1, int(lengths.max(initial=1))):
            left = np.maximum(lengths - number, 0)
            wait, scores = step(scores, time, left, generator)
            time = time + gap.encode(gap.decode(wait))
            codes.append(_codes(names, moves, model.windows.margins, scores))
            times.append(time)
        there = np.arange(len(times)) < lengths[:, None]
        return cls(np.stack(codes, axis=1), np.stack(times, axis=1), there)


@dataclass(frozen=True, eq=False)
class _Step:
    """The law of the next visit given this one, under one state."""

    law: Law
    given: list[Part]
    now: list[Part]
    weights: np.ndarray
    centre: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, law: Law, k: int, static: list[Part], now: list[Part]) -> _Step:
        """Return the step of a state of windows, whose given scores are static, now, schedule."""
        given = [*static, *now, ("", TIME), ("", LEFT)]
        wanted = [("", GAP), *((NEXT, name) for _, name in now)]
        state, a, b = law.states[k], law.cells(given), law.cells(wanted)
        weights = np.linalg.solve(state.covariance[np.ix_(a, a)], state.covariance[np.ix_(a, b)])
        rest = state.covariance[np.ix_(b, b)] - state.covariance[np.ix_(b, a)] @ weights
        centre = state.mean[b] - state.mean[a] @ weights
        return cls(law, given, now, weights, centre, np.linalg.cholesky(rest))

    def __call__(
        self, scores: dict[Part, np.ndarray], time: np.ndarray, left: np.ndarray, drawn: Generator
    ) -> tuple[np.ndarray, dict[Part, np.ndarray]]:
        """Return the time to the next visit, and the scores there."""
        schedule = {
            ("", TIME): score_of(self.law.margins["", TIME], time)[:, None],
            ("", LEFT): score_of(self.law.margins["", LEFT], left)[:, None],
        }
        told = np.hstack([(scores | schedule)[part] for part in self.given])
        noise = drawn.standard_normal((len(told), len(self.root)))
        found = self.centre + told @ self.weights + noise @ self.root.T
        wait = self.law.margins["", GAP].codes_of_raw(found[:, :1])
        new, place = dict(scores), 1
        for part in self.now:
            size = scores[part].shape[1]
            new[part] = found[:, place : place + size]
            place += size
        return wait, new


def score_of(margin: Margin, codes: np.ndarray) -> np.ndarray:
    """Return the raw scores `(n,)` of numbers, the middle of a step's, at most about 3 in size.

    Args:
        margin: of a number or a count.
        codes: `(n,)`.
    """
    values = np.column_stack([margin.low, margin.high]).ravel()
    shares = np.repeat(margin.edges, 2)[1:-1]
    nudge = 1e-9 * max(float(np.ptp(values)), 1.0)
    below, above = (np.interp(codes + side, values, shares) for side in (-nudge, nudge))
    return ndtri(np.clip((below + above) / 2, _OUTERMOST, 1 - _OUTERMOST))


def _normal(state: State, count: int, generator: Generator) -> np.ndarray:
    """Return raw scores `(count, d)` of a state's law."""
    noise = generator.standard_normal((count, len(state.mean)))
    return state.mean + noise @ np.linalg.cholesky(state.covariance).T


def _read(law: Law, scores: np.ndarray, name: str) -> np.ndarray:
    """Return the codes of a column of the schedule."""
    return law.margins["", name].codes_of_raw(scores[:, law.places["", name]])


def _within(values: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return whole numbers within the range of real ones."""
    return np.clip(np.rint(values), real.min(), real.max()).astype(int)


def _gaps(visits: Visits) -> Column:
    """Return the column of times between visits."""
    gaps = visits.gap[visits.has_next]
    return Column(GAP, "number", (), float(gaps.min()), float(gaps.max()), visits.clock.decimals)


def _codes(
    names: list[str],
    moves: dict[str, np.bool_],
    margins: dict[Part, Margin],
    scores: dict[Part, np.ndarray],
) -> np.ndarray:
    """Return the codes `(P, p)` of a visit."""
    parts = [(NOW if moves[name] else STATIC, name) for name in names]
    return np.column_stack([margins[part].codes_of_raw(scores[part]) for part in parts])


def _gathered(model: VisitModel, parts: list[_Walk], num_people: int) -> Visits:
    """Return the visits of all walks, as they are written, people in turn."""
    num_states, most = len(model.windows.states), max(part.time.shape[1] for part in parts)
    codes = np.full((num_people, most, len(model.visits.schema.columns)), np.nan)
    time, there = np.zeros((num_people, most)), np.zeros((num_people, most), dtype=bool)
    for k, part in enumerate(parts):
        width = part.time.shape[1]
        codes[k::num_states, :width] = part.codes
        time[k::num_states, :width] = part.time
        there[k::num_states, :width] = part.there
    person, number = np.nonzero(there)
    schema, clock = model.visits.schema, model.visits.clock
    return replace(
        model.visits,
        codes=schema.encode(schema.decode(codes[person, number])),
        person=person,
        time=clock.encode(clock.decode(time[person, number])),
        site=np.zeros(len(person), dtype=int),
        keys=pd.Series(np.arange(1, num_people + 1)),
        notes=(),
    )


def _coherent(visits: Visits, outcomes: dict[str, Outcome]) -> Visits:
    """Return visits whose outcomes follow from one event a person, and none after it.

    Where outcomes contradict one another, the event is the one that would come first, at the latest
    time that they allow; of its other levels no outcome is 1.
    """
    latest = _latest(visits, outcomes)
    first: dict[str, np.ndarray] = {}
    for (event, _, _), times in latest.items():
        first[event] = np.minimum(first.get(event, np.inf), times)
    codes, kept = visits.codes.copy(), np.ones(len(visits), dtype=bool)
    taken = {event: np.full(visits.num_people, np.nan) for event in first}
    for (event, code, _), times in latest.items():
        own = np.isnan(taken[event]) & (times == first[event])
        taken[event][own] = code
    for name, outcome in outcomes.items():
        times = latest[outcome.event, outcome.code, outcome.end]
        times = np.where(taken[outcome.event] == outcome.code, times, np.inf)[visits.person]
        codes[:, visits.schema.names.index(name)] = visits.time + outcome.horizon >= times
        kept &= visits.time < times
    return replace(visits, codes=codes).chosen(np.nonzero(kept)[0])


def _latest(
    visits: Visits, outcomes: dict[str, Outcome]
) -> dict[tuple[str, float, str], np.ndarray]:
    """Return when each event comes at the latest to each person, infinite where it does not."""
    found: dict[tuple[str, float, str], np.ndarray] = {}
    for name, outcome in outcomes.items():
        key = outcome.event, outcome.code, outcome.end
        times = found.setdefault(key, np.full(visits.num_people, np.inf))
        soon = visits.codes[:, visits.schema.names.index(name)] == 1
        np.minimum.at(times, visits.person[soon], visits.time[soon] + outcome.horizon)
    return found
