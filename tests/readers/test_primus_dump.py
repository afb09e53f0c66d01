import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.primus_dump import looks_like_primus_dump, read_primus_dump
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

from .measured_files import assert_same, kept, simulated, slots

PLAIN = ReadOptions()
SERIES = {"F": ["fwd"], "B": ["bwd"], "I": ["bwd"], "W": ["wgrad"]}


def dumped(timeline, *, named=True, own_clocks=False):
    """A dump of a timeline; without names, the order must be Megatron-LM's."""
    size = timeline.devices
    microbatches = 1 + max(op.microbatch for run in timeline.rows[0] for op in run.slot.ops)
    config = {"pp_size": size, "vp_size": timeline.chunks, "num_mbs": microbatches}
    files = [TextFile("pp/config.json", json.dumps(config))]
    for device, row in enumerate(timeline.rows):
        step = {"total": timeline.makespan, "memory": 1.0}
        zero = row[0].start if own_clocks else 0.0
        for run in row:
            for op in run.slot.ops:
                (series,) = SERIES[op.kind]
                said = {"start": run.start - zero, "end": run.end - zero}
                if named:
                    said |= {"minibatch": op.microbatch, "chunk": op.stage // size}
                for key, value in said.items():
                    step.setdefault(f"{series}_{key}", []).append(value)
        files.append(TextFile(f"pp/pp_rank_{device}.json", json.dumps({"1": step})))
    return files


def test_the_last_step_of_a_dump_is_read():
    dump = kept("primus_dump")
    assert all(looks_like_primus_dump(file) for file in dump)
    read = read_primus_dump(dump, PLAIN)
    assert slots(read.rows) == [["0F0", "0F1", "0B0", "0B1"], ["1F0", "1B0", "1F1", "1B1"]]
    assert read.makespan == 27


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("name", "keys"), [("1f1b", {}), ("vpp", {"chunks": 2}), ("gpipe", {})]
)
def test_a_schedule_written_as_a_dump_is_read_back(name, keys, named):
    timeline = simulated(name, **keys)
    assert_same(read_primus_dump(dumped(timeline, named=named)[::-1], PLAIN), timeline)


@pytest.mark.parametrize("name", ["zb-h1", "zb-v", "dualpipev"])
def test_split_folded_and_overlapped_passes_are_read_back(name):
    timeline = simulated(name, microbatches=12)
    assert_same(read_primus_dump(dumped(timeline), PLAIN), timeline)


def flat(dump, **keys):
    """The last steps of a dump, without the level of steps."""
    steps = [json.loads(file.text)["2"] for file in dump[1:]]
    steps[0] |= keys
    texts = [json.dumps(step) for step in steps]
    return [
        dump[0],
        *(TextFile(f.name, text) for f, text in zip(dump[1:], texts, strict=True)),
    ]


def test_lists_at_the_top_level_are_one_step():
    dump = kept("primus_dump")
    assert all(looks_like_primus_dump(file) for file in flat(dump))
    assert read_primus_dump(flat(dump), PLAIN) == read_primus_dump(dump, PLAIN)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"fwd_start": [0.0]}, "fwd has 1 starts and 2 ends"),
        ({"bwd_end": ["1", 2]}, "bwd_end[0] must be a number, not the text '1'"),
        ({"fwd_minibatch": [1, 1]}, "the file gives F1 of chunk 0 twice"),
    ],
)
def test_what_is_wrong_of_one_step_is_said_without_its_name(keys, message):
    with pytest.raises(pv.SpecError) as caught:
        read_primus_dump(flat(kept("primus_dump"), **keys), PLAIN)
    assert caught.value.message.startswith(message)


def test_ranks_that_each_count_from_their_own_start_are_put_together():
    timeline = simulated()
    assert_same(read_primus_dump(dumped(timeline, own_clocks=True), PLAIN), timeline, 1.0)


def test_older_names_of_the_configuration_are_read():
    config = json.dumps({"pp_size": 2, "vpp_size": 1, "micro_batches": 2})
    _, *ranks = kept("primus_dump")
    assert read_primus_dump([TextFile("config.json", config), *ranks], PLAIN).devices == 2


def changed(**keys):
    def change(dump):
        data = json.loads(dump[1].text)
        data["2"] |= keys
        return [dump[0], TextFile(dump[1].name, json.dumps(data, indent=1)), dump[2]]

    return change


def configured(**keys):
    return lambda dump: [TextFile("config.json", json.dumps(keys)), *dump[1:]]


FULL = {"pp_size": 2, "vp_size": 1, "num_mbs": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda dump: dump[1:], "the dump lacks its config.json"),
        (lambda dump: [*dump, dump[0]], "there are two config.json"),
        (lambda dump: dump[:2], "pp_rank_1.json is missing: pp_size is 2"),
        (lambda dump: [*dump, dump[1]], "pp_rank_0.json is given twice"),
        (configured(**FULL | {"pp_size": 1}), "there is no rank 1: pp_size is 1"),
        (configured(**FULL | {"pp_size": "2"}), "pp_size must be a whole number from 1"),
        (configured(**FULL | {"num_mbs": 0}), "num_mbs must be a whole number from 1"),
        (configured(**FULL | {"num_mbs": 3}), "2.fwd has 2 starts, not 3"),
        (configured(pp_size=2), "vp_size must be a whole number from 1 to 100000, not null"),
        (changed(fwd_start=None), "2.fwd_start must be a list, not null"),
        (changed(fwd_start=[0.0]), "2.fwd has 1 starts and 2 ends"),
        (changed(bwd_end=["1", 2]), "2.bwd_end[0] must be a number, not the text '1'"),
        (changed(bwd_end=[float("nan"), 2]), "2.bwd_end[0] must be a finite number"),
        (changed(bwd_end=[18.0, -2]), "2.bwd_end[1] is negative: -2"),
        (changed(bwd_end=[0.0, 27.0]), "2.bwd_end[0] ends before it starts"),
        (changed(wgrad_start=[30.0, 31.0]), "2.wgrad has 2 starts and 0 ends"),
        (changed(fwd_minibatch=[0, 2]), "2.fwd_minibatch[1] must be a whole number from 0"),
        (changed(fwd_minibatch=[0]), "2.fwd has 2 starts, not 1"),
        (changed(fwd_minibatch=[0, 1], fwd_chunk=[0]), "has 2 minibatches and 1 chunks"),
        (changed(fwd_minibatch=[1, 1]), "step 2 gives F1 of chunk 0 twice"),
        (changed(fwd_minibatch="01"), "2.fwd_minibatch must be a list"),
        (lambda d: [*d[:2], TextFile(d[2].name, '{"7": {}}')], "share no training step"),
        (lambda d: [*d[:2], TextFile(d[2].name, '{"2": []}')], "step 2 must be an object"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change, message):
    with pytest.raises(pv.SpecError) as caught:
        read_primus_dump(change(kept("primus_dump")), PLAIN)
    assert message in caught.value.message


def test_the_line_of_a_wrong_time_is_said():
    with pytest.raises(pv.SpecError) as caught:
        read_primus_dump(changed(bwd_end=["1", 2])(kept("primus_dump")), PLAIN)
    file = changed(bwd_end=["1", 2])(kept("primus_dump"))[1]
    assert caught.value.location.source == "pp_rank_0.json"
    assert '"1"' in file.text.splitlines()[caught.value.location.line - 1]


LISTS = st.lists(st.integers(0, 9) | st.floats() | st.none(), max_size=3) | st.integers()
WORDS = ("start", "end", "minibatch", "chunk")
KEYS = [f"{series}_{word}" for series in ("fwd", "bwd", "wgrad") for word in WORDS]
LOGS = st.dictionaries(st.sampled_from(KEYS), LISTS)
STEPS = st.dictionaries(st.sampled_from(["1", "2", "x"]), LOGS)
CONFIGS = st.fixed_dictionaries(dict.fromkeys(FULL, st.integers(0, 2)))


@given(CONFIGS, st.lists(STEPS, max_size=2))
def test_any_json_is_read_or_refused(config, steps):
    files = [TextFile(f"pp_rank_{i}.json", json.dumps(step)) for i, step in enumerate(steps)]
    try:
        read = read_primus_dump([TextFile("config.json", json.dumps(config)), *files], PLAIN)
    except pv.PipevizError:
        return
    assert read.devices == config["pp_size"]


@given(st.text())
def test_any_text_is_read_or_refused(text):
    looks_like_primus_dump(TextFile("config.json", text))
    config, rank, _ = kept("primus_dump")
    for dump in ([TextFile(config.name, text), rank], [config, TextFile(rank.name, text)]):
        with pytest.raises(pv.PipevizError):
            read_primus_dump(dump, PLAIN)
