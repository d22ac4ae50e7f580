"""What each method of the benchmark may spend, the same for all."""

from __future__ import annotations

from dataclasses import dataclass

from ddlib.arguments import count_faults, fault, raise_faults


@dataclass(frozen=True)
class Allowance:
    """What each method may spend.

    Attributes:
        num_rows: synthetic rows m.
        num_steps: steps in all, a multiple of `num_looks`.
        num_looks: looks at validation rows in all, beside those at the start; a multiple of the
            stops times the step sizes.
        num_stops: shares of the budget after which the chosen set is kept.
        step_sizes: of descents.
        seed: of the start, which all methods share, and of what is random in each.

    Raises:
        ValueError: for counts that cannot be shared; it names all that are wrong.
    """

    num_rows: int
    num_steps: int
    num_looks: int
    num_stops: int
    step_sizes: tuple[float, ...]
    seed: int

    def __post_init__(self) -> None:
        """Check the counts."""
        counts = "num_rows", "num_steps", "num_looks", "num_stops"
        raise_faults([f for name in counts for f in count_faults(name, getattr(self, name), 1)])
        share = self.num_stops * len(self.step_sizes)
        faults: list[str] = []
        if self.num_looks % share:
            stops, sizes = self.num_stops, len(self.step_sizes)
            told = f"a multiple of {share}, for {stops} stops of each of {sizes} step sizes"
            faults.append(fault("num_looks", self.num_looks, told))
        if self.num_steps % self.num_looks:
            told = f"a multiple of num_looks = {self.num_looks}"
            faults.append(fault("num_steps", self.num_steps, told))
        raise_faults(faults)
