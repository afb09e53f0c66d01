"""The preset styles, as a user may write them: what differs from the seed's style.

Published colours are those of the figures that give a style its name. ``dark`` holds what
differs on dark pages, besides DARK_FRAME.
"""

from __future__ import annotations

from typing import Any

#: The frame of every style on dark pages: fills stand out from it, and black parts them.
DARK_FRAME: dict[str, Any] = {
    "accent": "#FF7A85",
    "memory": "#8FA3C4",
    "edge": "#000000",
    "idle": "#22262C",
    "idle-edge": "#3A4048",
    "background": "#131416",
    "text": "#E6E6E6",
}

PRESETS: dict[str, dict[str, Any]] = {
    "seed": {
        "dark": {"all-reduce": "#A56CC9", "transfer": "#808080"},
    },
    # Figures of Megatron-LM; the fills of W and its second chunk are Primus'.
    "megatron": {
        "forward": "#305496",
        "forward-chunks": ["#B4C6E7"],
        "backward": "#A9D08E",
        "backward-chunks": ["#375623"],
        "backward-input": "#A9D08E",
        "backward-input-chunks": ["#375623"],
        "backward-weight": "#D88C2B",
        "backward-weight-chunks": ["#FBE5B6"],
        "optimizer": "#FFDC73",
        "all-reduce": "#8064A2",
        "recompute": "#5B83C4",
        "transfer": "#404040",
        "other": "#F5F5F5",
        "idle": "#808080",
        "idle-edge": "#595959",
        "dark": {
            "forward": "#4F79C4",
            "backward-chunks": ["#5E9A3A"],
            "backward-input-chunks": ["#5E9A3A"],
            "all-reduce": "#A58CC4",
            "recompute": "#6289C7",
            "transfer": "#777777",
        },
    },
    # "Zero Bubble Pipeline Parallelism", Qi et al. Published W #58A55D has F's lightness.
    "zero-bubble": {
        "forward": "#4F87ED",
        "backward": "#67BBC4",
        "backward-input": "#67BBC4",
        "backward-weight": "#5EA863",
        "optimizer": "#FDF2D0",
        "all-reduce": "#8D5BB5",
        "recompute": "#A9C8FA",
        "transfer": "#555555",
        "other": "#FDF2D0",
        "edge": "#434343",
        "idle": "#EFEFEF",
        "idle-edge": "#434343",
        "dark": {"transfer": "#757575", "all-reduce": "#AE85CF"},
    },
    # DeepSeek's figures of DualPipe, where B and I are of one colour. Published B #7FD650 and
    # W #77BEFA have F's lightness: B is lighter here, W darker.
    "dualpipe": {
        "forward": "#F1B238",
        "backward": "#95E56B",
        "backward-input": "#95E56B",
        "backward-weight": "#6CB1F0",
        "optimizer": "#E4E4E4",
        "all-reduce": "#B58BD9",
        "recompute": "#FCE7BC",
        "transfer": "#808080",
        "other": "#E4E4E4",
        "idle": "#FFFFFF",
        "idle-edge": "#D0D0D0",
    },
    # DeepSpeed's figure of its pipeline schedule.
    "deepspeed": {
        "forward": "#4BACC6",
        "backward": "#9DBB61",
        "backward-input": "#9DBB61",
        "backward-weight": "#D3E2B8",
        "optimizer": "#F59D56",
        "all-reduce": "#AB9AC0",
        "recompute": "#8BCEDF",
        "transfer": "#7F7F7F",
        "other": "#F2F2F2",
        "idle": "#FFFFFF",
        "idle-edge": "#FFFFFF",
        "idle-look": "none",
    },
    # The figures of GPipe, where a stage has a colour; the last four fills are ours.
    # There B is told from F by its label alone; here it is also deeper.
    "gpipe": {
        "forward": "#CBD9F9",
        "backward": "#E5B98C",
        "backward-input": "#E5B98C",
        "backward-weight": "#9FBF8F",
        "stage-fills": [
            "#EDEDED",
            "#F8E5CA",
            "#CBD9F9",
            "#E5D0DC",
            "#D3E8D3",
            "#FBF3B5",
            "#C6E6E8",
            "#DDD3F2",
        ],
        "all-reduce": "#A88FC2",
        "transfer": "#9A9A9A",
        "other": "#B9B39E",
        "edge": "#595959",
        "idle": "#FFFFFF",
        "idle-edge": "#FFFFFF",
        "idle-look": "none",
        "hatches": {"recompute": "rising"},
    },
    # PyTorch's schedule visualizer: blue, orange, teal, green, purple. Its W #008000 has I's
    # lightness and its overlap #800080 F's: both are lighter here.
    "torch": {
        "forward": "#0000FF",
        "backward": "#FFA500",
        "backward-input": "#008080",
        "backward-weight": "#009500",
        "optimizer": "#F0DC7A",
        "all-reduce": "#C77DD6",
        "recompute": "#BFCCFF",
        "transfer": "#6E6E6E",
        "other": "#F2F2F2",
        "overlap": "#9E009E",
        "idle": "#FFFFFF",
        "idle-edge": "#D0D0D0",
        "dark": {
            "forward": "#6484FF",
            "backward-input": "#00AFAF",
            "backward-weight": "#009200",
            "transfer": "#808080",
            "overlap": "#D96BD9",
        },
    },
    # The palette of Okabe and Ito; hatches part fills of one lightness.
    "colorblind": {
        "forward": "#0072B2",
        "backward": "#E69F00",
        "backward-input": "#56B4E9",
        "backward-weight": "#009E73",
        "optimizer": "#F0E442",
        "all-reduce": "#CC79A7",
        "recompute": "#D55E00",
        "transfer": "#999999",
        "other": "#FFFFFF",
        "hatches": {
            "backward-input": "rising",
            "all-reduce": "crossed",
            "recompute": "falling",
            "transfer": "dotted",
        },
        "dark": {"forward": "#0575B3"},
    },
    # For print in black and white: forwards are plain, every other kind has its hatch.
    "mono": {
        "forward": "#4D4D4D",
        "forward-chunks": ["#8C8C8C"],
        "backward": "#FFFFFF",
        "backward-chunks": ["#CFCFCF"],
        "backward-input": "#FFFFFF",
        "backward-input-chunks": ["#CFCFCF"],
        "backward-weight": "#DEDEDE",
        "backward-weight-chunks": ["#ADADAD"],
        "optimizer": "#FFFFFF",
        "all-reduce": "#D9D9D9",
        "recompute": "#4D4D4D",
        "transfer": "#D9D9D9",
        "other": "#FFFFFF",
        "idle": "#FFFFFF",
        "idle-edge": "#C8C8C8",
        "hatches": {
            "backward": "rising",
            "backward-input": "dotted",
            "backward-weight": "falling",
            "optimizer": "checked",
            "all-reduce": "crossed",
            "recompute": "level",
            "transfer": "upright",
            "other": "level",
        },
        "dark": {
            "forward": "#C8C8C8",
            "forward-chunks": ["#8C8C8C"],
            "backward": "#17191C",
            "backward-chunks": ["#4A4E55"],
            "backward-input": "#17191C",
            "backward-input-chunks": ["#4A4E55"],
            "backward-weight": "#30343A",
            "backward-weight-chunks": ["#646A73"],
            "optimizer": "#17191C",
            "all-reduce": "#3F4349",
            "recompute": "#9A9A9A",
            "transfer": "#3F4349",
            "other": "#17191C",
            "edge": "#FFFFFF",
            "idle": "#131416",
            "idle-edge": "#33373D",
        },
    },
}
