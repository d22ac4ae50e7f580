"""How much memory a gradient takes: the tensors that its graph keeps, at the most."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


@dataclass
class GraphMemory:
    """Bytes kept for gradients.

    Attributes:
        live: bytes kept now.
        peak: the most that were kept at one time.
    """

    live: int = 0
    peak: int = 0


class _Kept:
    """A tensor that a graph keeps; counted from its saving until the graph lets it go."""

    def __init__(self, tensor: Tensor, memory: GraphMemory) -> None:
        self.tensor, self.memory = tensor, memory
        memory.live += tensor.nbytes
        memory.peak = max(memory.peak, memory.live)

    def __del__(self) -> None:
        self.memory.live -= self.tensor.nbytes


@contextmanager
def graph_memory() -> Generator[GraphMemory, None, None]:
    """Yield a count of the bytes that graphs keep inside the block.

    A tensor kept by two operations counts twice. Unlike the memory of the process this is the
    same on every machine.
    """
    memory = GraphMemory()
    # Detached: an operation's own output would hold the operation that holds it, for good.

    def unpack(kept: _Kept) -> Tensor:
        return kept.tensor

    with saved_tensors_hooks(lambda tensor: _Kept(tensor.detach(), memory), unpack):
        yield memory
