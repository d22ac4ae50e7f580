"""New people of a model, with visits of their own: first visits, then step by step."""

from __future__ import annotations

from collections.abc import Mapping
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
from ddlib.visits.outcomes import Outcome, coherent
from ddlib.visits.panel import Visits
from ddlib.visits.schedule import Limits

_OUTERMOST = 1e-3  # share of the people beyond which a time is as far out as one can be
REDRAWN = 30  # times that what would be at no time that there is is drawn anew


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
    return coherent(drawn, outcomes or {})


@dataclass(frozen=True, eq=False)
class _Walk:
    """Visits of people under one state: codes `(P, T, p)`, times and whether there is a visit."""

    codes: np.ndarray
    time: np.ndarray
    there: np.ndarray

    @classmethod
    def of(cls, model: VisitModel, k: int, num_people: int, generator: Generator) -> _Walk:
        """Return new people under the k-th state of each law."""
        visits, places = model.visits, model.people.places
        static = [(STATIC, n) for n in sorted({*visits.schema.names} - {*visits.changing})]
        now = [(NOW, name) for name in sorted(visits.changing)]
        step = _Step.of(model, k, static, now)
        first = _First.of(model, k, num_people, generator)
        time, there = first.time, np.ones(num_people, dtype=bool)
        lengths = _within(_read(model.people, first.start, NUMBER), visits.counts)
        scores = {part: first.start[:, places[part]] for part in (*static, *now)}
        codes, times, visited = [_codes(model, scores)], [time], [there]
        for number in range(1, int(lengths.max(initial=1))):
            there = there & (number < lengths)
            left = np.maximum(lengths - number, 0)
            room = np.where(there, first.latest - time, np.inf)
            wait, scores = step(scores, time, left, room, generator)
            there = there & (wait <= room)  # who had no room in any draw is not seen again
            time = time + wait
            codes.append(_codes(model, scores))
            times.append(time)
            visited.append(there)
        return cls(*(np.stack(parts, axis=1) for parts in (codes, times, visited)))


@dataclass(frozen=True, eq=False)
class _First:
    """First visits: scores of people, times, and the latest times that visits can have."""

    start: np.ndarray
    time: np.ndarray
    latest: np.ndarray

    @classmethod
    def of(cls, model: VisitModel, k: int, num_people: int, drawn: Generator) -> _First:
        """Return those of new people; who would start at no time that there is is drawn anew."""
        limits, state = Limits.of(model.visits), model.people.states[k]
        start = _normal(state, num_people, drawn)
        time, low, high = _begun(model, limits, start)
        for _ in range(REDRAWN):
            off = np.nonzero((time < low) | (time > high))[0]
            if not len(off):
                break
            start[off] = _normal(state, len(off), drawn)
            time[off], low[off], high[off] = _begun(model, limits, start[off])
        return cls(start, np.clip(time, low, high), high)


@dataclass(frozen=True, eq=False)
class _Step:
    """The law of the next visit given this one, under one state, and the column of the gaps."""

    law: Law
    gap: Column
    given: list[Part]
    now: list[Part]
    weights: np.ndarray
    centre: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, model: VisitModel, k: int, static: list[Part], now: list[Part]) -> _Step:
        """Return the step of a state of windows, whose given scores are static, now, schedule."""
        law, gap = model.windows, _gaps(model.visits)
        given = [*static, *now, ("", TIME), ("", LEFT)]
        wanted = [("", GAP), *((NEXT, name) for _, name in now)]
        state, a, b = law.states[k], law.cells(given), law.cells(wanted)
        weights = np.linalg.solve(state.covariance[np.ix_(a, a)], state.covariance[np.ix_(a, b)])
        rest = state.covariance[np.ix_(b, b)] - state.covariance[np.ix_(b, a)] @ weights
        centre = state.mean[b] - state.mean[a] @ weights
        return cls(law, gap, given, now, weights, centre, np.linalg.cholesky(rest))

    def __call__(
        self,
        scores: dict[Part, np.ndarray],
        time: np.ndarray,
        left: np.ndarray,
        room: np.ndarray,
        drawn: Generator,
    ) -> tuple[np.ndarray, dict[Part, np.ndarray]]:
        """Return the time to the next visit, and the scores there, of the law given the room.

        What takes too long is drawn anew, which is the law given that it does not; a person who
        has hardly any room may keep a draw that takes too long.
        """
        wait, new = self._drawn(scores, time, left, drawn)
        late = np.nonzero(wait > room)[0]
        if len(late):
            tries = np.repeat(late, REDRAWN)
            own = {part: values[tries] for part, values in scores.items()}
            waits, others = self._drawn(own, time[tries], left[tries], drawn)
            fits = (waits <= room[tries]).reshape(len(late), REDRAWN)
            taken = np.arange(len(late)) * REDRAWN + fits.argmax(1)  # the first that fits
            wait[late] = waits[taken]
            for part in self.now:
                new[part][late] = others[part][taken]
        return wait, new

    def _drawn(
        self, scores: dict[Part, np.ndarray], time: np.ndarray, left: np.ndarray, drawn: Generator
    ) -> tuple[np.ndarray, dict[Part, np.ndarray]]:
        """Return one draw of the time to the next visit, and of the scores there."""
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
        return np.array(self.gap.encode(self.gap.decode(wait))), new


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


def _begun(model: VisitModel, limits: Limits, start: np.ndarray) -> np.ndarray:
    """Return the first, the earliest and the latest time of people by their scores, `(3, P)`."""
    schema, clock = model.visits.schema, model.visits.clock
    time = clock.encode(clock.decode(_read(model.people, start, TIME)))
    scores = {part: start[:, place] for part, place in model.people.places.items()}
    codes = schema.encode(schema.decode(_codes(model, scores)))
    return np.stack([time, *limits.of_people(codes)])


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


def _codes(model: VisitModel, scores: Mapping[Part, np.ndarray]) -> np.ndarray:
    """Return the codes `(P, p)` of a visit."""
    named = zip(model.visits.moves, model.visits.schema.names, strict=True)
    parts = [(NOW if moves else STATIC, name) for moves, name in named]
    margins = model.windows.margins
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
