import gzip
import io

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.text_file import LARGEST, decoded, read_file

PACKED = gzip.compress(b"schedule: 1f1b\r\n" * 100)


def read(data, largest=None):
    return decoded(io.BytesIO(data), "run.json.gz", largest)


def test_a_packed_file_is_unpacked_by_what_is_in_it():
    assert read(PACKED) == "schedule: 1f1b\n" * 100
    assert read(PACKED + gzip.compress(b"end")) == "schedule: 1f1b\n" * 100 + "end"


def test_a_packed_file_is_read_from_disk(tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(PACKED)
    assert read_file(path, "run.json").startswith("schedule")


@pytest.mark.parametrize("cut", [3, 12, len(PACKED) // 2, len(PACKED) - 1])
def test_a_packed_file_that_was_cut_is_refused(cut):
    with pytest.raises(pv.SpecError, match="this gzip file is cut short") as caught:
        read(PACKED[:cut])
    assert str(caught.value.location) == "run.json.gz:1"


@pytest.mark.parametrize("place", [2, 12, len(PACKED) - 6])
def test_a_damaged_packed_file_is_refused(place):
    damaged = bytearray(PACKED)
    damaged[place] ^= 0xFF
    with pytest.raises(pv.SpecError, match=r"this gzip file is (damaged|cut short)"):
        read(bytes(damaged))


def test_a_bomb_is_unpacked_only_as_far_as_is_allowed():
    with pytest.raises(pv.SpecError, match="larger than 64 MB"):
        read(gzip.compress(bytes(LARGEST + 1)))
    with pytest.raises(pv.SpecError, match="larger than 1 MB"):
        read(gzip.compress(bytes(1_000_001)), 1_000_000)
    assert len(read(gzip.compress(b" " * 1_000_000), 1_000_000)) == 1_000_000
