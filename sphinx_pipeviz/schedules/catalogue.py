"""The catalogue: a schedule's name, as users type it, and how to plan it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.schedules.balanced import bpipe
from sphinx_pipeviz.schedules.bidirectional import chimera, gems
from sphinx_pipeviz.schedules.dualpipe import dualpipe, dualpipev
from sphinx_pipeviz.schedules.endless import pipedream, pipedream_2bw
from sphinx_pipeviz.schedules.fill_drain import forward_only, gpipe, naive
from sphinx_pipeviz.schedules.greedy import zb_h2
from sphinx_pipeviz.schedules.interleaved import (
    interleaved_1f1b,
    interleaved_1f1b_overlap,
    looped_bfs,
)
from sphinx_pipeviz.schedules.one_f_one_b import eager_1f1b, one_f_one_b, overlap_1f1b
from sphinx_pipeviz.schedules.sequence import seq_1f1b, terapipe
from sphinx_pipeviz.schedules.v_memory import v_half, v_min
from sphinx_pipeviz.schedules.wave import hanayo
from sphinx_pipeviz.schedules.zb_auto import zb_auto
from sphinx_pipeviz.schedules.zero_bubble import interleaved_zero_bubble, zb_h1, zb_v
from sphinx_pipeviz.shape import Shape


@dataclass(frozen=True, slots=True)
class Schedule:
    """One row of the table.

    Args:
        build: Shape -> Plan.
        summary: What it does, one line.
        source: Where it was published.
        aliases: Other names.
        options: The Shape fields it takes besides devices and microbatches.
        chunks: V where none is given, and the only V where ``chunks`` is no option.
        passes: Most ops per stage and microbatch, as a mean over the stages.
        sequence_chunks: Parts of each microbatch's sequence where none are given.
        priced: The order depends on the costs; where ``order`` is an option, if it is greedy.
        endless: Iterations run into each other, without a flush.
    """

    build: Callable[[Shape], Plan]
    summary: str
    source: str
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    chunks: int = 1
    passes: int = 2
    sequence_chunks: int = 1
    priced: bool = False
    endless: bool = False


SCHEDULES: dict[str, Schedule] = {
    "naive": Schedule(
        naive,
        "one microbatch at a time: one device works, the others wait",
        "model parallelism without pipelining",
        aliases=("sequential", "model-parallel"),
        options=("chunks",),
    ),
    "forward-only": Schedule(
        forward_only,
        "forwards only, as in inference",
        "Megatron-LM, forward_only=True",
        aliases=("inference",),
        options=("chunks", "group"),
        passes=1,
    ),
    "gpipe": Schedule(
        gpipe,
        "all forwards, then all backwards",
        "Huang et al., GPipe, 2019, arXiv:1811.06965",
        aliases=("afab", "fill-drain", "f-then-b", "simple"),
        options=("backward",),
    ),
    "1f1b": Schedule(
        one_f_one_b,
        "a short warm-up, then one forward and one backward in turn",
        "Narayanan et al., PipeDream-flush, 2021, arXiv:2006.09503",
        aliases=("pipedream-flush", "dapple", "non-interleaved", "train"),
        options=("order",),
        priced=True,
    ),
    "interleaved-1f1b": Schedule(
        interleaved_1f1b,
        "1F1B with several chunks per device: smaller bubble, more transfers",
        "Narayanan et al., Megatron-LM, 2021, arXiv:2104.04473",
        aliases=("interleaved", "vpp", "virtual-pipeline", "1f1b-interleave"),
        options=("chunks", "group"),
        chunks=2,
    ),
    "eager-1f1b": Schedule(
        eager_1f1b,
        "1F1B with a deeper warm-up, which hides the latency of transfers",
        "Zhuang et al., Alpa's cross-mesh resharding, 2022, arXiv:2211.05322",
        aliases=("overlap-friendly",),
    ),
    "1f1b-overlap": Schedule(
        overlap_1f1b,
        "1F1B whose steady forwards and backwards run in overlapped pairs",
        "Megatron-LM, combined 1F1B",
        aliases=("combined-1f1b",),
    ),
    "interleaved-1f1b-overlap": Schedule(
        interleaved_1f1b_overlap,
        "interleaved 1F1B in overlapped pairs",
        "Megatron-LM, overlap_moe_expert_parallel_comm",
        aliases=("vpp-overlap", "1f1b-interleave-overlap"),
        options=("chunks", "group"),
        chunks=2,
    ),
    "looped-bfs": Schedule(
        looped_bfs,
        "all microbatches through one chunk, then through the next",
        "Lamy-Poirier, Breadth-First Pipeline Parallelism, 2022, arXiv:2211.05953",
        aliases=("breadth-first", "circular"),
        options=("chunks", "backward"),
        chunks=2,
    ),
    "zb-h1": Schedule(
        zb_h1,
        "1F1B with split backwards: weight gradients fill part of the bubble",
        "Qi et al., Zero Bubble Pipeline Parallelism, 2023, arXiv:2401.10241",
        aliases=("zb1p", "zero-bubble"),
        passes=3,
    ),
    "zb-h2": Schedule(
        zb_h2,
        "1F1B with split backwards and twice the memory: no bubble within a device's span",
        "Qi et al., Zero Bubble Pipeline Parallelism, 2023, arXiv:2401.10241; sail-sg, zb",
        aliases=("zb2p",),
        passes=3,
    ),
    "zb-auto": Schedule(
        zb_auto,
        "split backwards in the best order found for the costs and a memory limit",
        "after Qi et al., 2023, arXiv:2401.10241, section 3.1, the heuristic",
        aliases=("zero-bubble-auto",),
        options=("memory_limit",),
        priced=True,
        passes=3,
    ),
    "interleaved-zero-bubble": Schedule(
        interleaved_zero_bubble,
        "ZB-H1 with several chunks per device",
        "PyTorch, ScheduleInterleavedZeroBubble",
        options=("chunks",),
        chunks=2,
        passes=3,
    ),
    "zb-v": Schedule(
        zb_v,
        "two chunks per device, placed there and back, with split backwards",
        "Qi et al., 2023, arXiv:2401.10241; PyTorch, ScheduleZBVZeroBubble",
        aliases=("zbv", "zero-bubble-v", "zbv-zero-bubble"),
        options=("variant",),
        chunks=2,
        passes=3,
    ),
    "v-half": Schedule(
        v_half,
        "two chunks per device, there and back: half of 1F1B's memory",
        "Qi et al., Controllable Memory, 2024, arXiv:2405.15362; sail-sg, zbv_greedy",
        aliases=("vhalf",),
        chunks=2,
        passes=3,
    ),
    "v-min": Schedule(
        v_min,
        "two chunks per device, there and back: a third of 1F1B's memory",
        "Qi et al., Controllable Memory, 2024, arXiv:2405.15362; sail-sg, zbv_greedy",
        aliases=("vmin",),
        chunks=2,
        passes=3,
    ),
    "dualpipe": Schedule(
        dualpipe,
        "microbatches enter at both ends and overlap in pairs",
        "DeepSeek-V3, 2024, arXiv:2412.19437",
        aliases=("bidirectional",),
        passes=3,
    ),
    "dualpipev": Schedule(
        dualpipev,
        "DualPipe cut in half: two chunks per device, placed there and back",
        "DeepSeek, DualPipe; PyTorch, ScheduleDualPipeV",
        aliases=("dualpipe-v", "cut-in-half"),
        chunks=2,
        passes=3,
    ),
    "chimera": Schedule(
        chimera,
        "two replicas in opposite directions, each with half of the microbatches",
        "Li and Hoefler, Chimera, 2021, arXiv:2107.06925",
    ),
    "gems": Schedule(
        gems,
        "two replicas in opposite directions, one microbatch at a time each",
        "Jain et al., GEMS, 2020, SC20",
    ),
    "hanayo": Schedule(
        hanayo,
        "microbatches go through the devices there and back, in waves",
        "Liu et al., Hanayo, 2023, arXiv:2308.15762",
        aliases=("wave",),
        options=("chunks", "waves"),
        chunks=2,
        priced=True,
    ),
    "seq1f1b": Schedule(
        seq_1f1b,
        "1F1B whose units are parts of each microbatch's sequence",
        "Sun et al., Seq1F1B, 2024, arXiv:2406.03488",
        options=("sequence_chunks",),
        sequence_chunks=2,
    ),
    "terapipe": Schedule(
        terapipe,
        "GPipe whose units are parts of each microbatch's sequence",
        "Li et al., TeraPipe, 2021, arXiv:2102.07988",
        options=("sequence_chunks",),
        sequence_chunks=2,
    ),
    "bpipe": Schedule(
        bpipe,
        "1F1B whose first devices keep some activations on the last ones",
        "Kim et al., BPipe: Memory-Balanced Pipeline Parallelism, 2023, ICML 2023",
        passes=3,
    ),
    "pipedream": Schedule(
        pipedream,
        "1F1B without a flush: weights change after every backward",
        "Narayanan et al., PipeDream, 2019, arXiv:1806.03377",
        aliases=("async",),
        endless=True,
    ),
    "pipedream-2bw": Schedule(
        pipedream_2bw,
        "1F1B without a flush: weights change after every M-th backward, in two versions",
        "Narayanan et al., PipeDream-2BW, 2021, arXiv:2006.09503",
        aliases=("2bw",),
        endless=True,
    ),
}
