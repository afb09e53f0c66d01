"""What the message about a file tells of it."""

from __future__ import annotations

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers import READERS, read_text


@pytest.mark.parametrize("format", [*READERS, "yaml"])
@pytest.mark.parametrize("start", ["", "{", "[", "gantt\n", "S0: F0 ", "0F0,"])
def test_a_message_quotes_at_most_a_line(format, start):
    """The page says: of a file that is no schedule the message quotes at most a line."""
    secrets = [f"secret{number}" for number in range(50)]
    text = start + "\n".join(secrets)
    with pytest.raises(pv.PipevizError) as caught:
        read_text(text, format)
    assert sum(f"{secret} " in f"{caught.value} ".replace("'", " ") for secret in secrets) <= 1
    assert "\n" not in str(caught.value)
