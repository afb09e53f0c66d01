"""The words of a figure in German."""

from __future__ import annotations

TABLE: dict[str, str] = {
    "Forward": "Vorwärts",
    "Backward": "Rückwärts",
    "Backward for input": "Rückwärts für Eingaben",
    "Backward for weights": "Rückwärts für Gewichte",
    "Recompute": "Neuberechnung",
    "Optimizer step": "Optimierungsschritt",
    "All-reduce": "All-Reduce",
    "Transfer": "Übertragung",
    "Evict": "Auslagern",
    "Load": "Zurückholen",
    "Unshard": "Shards sammeln",
    "Reshard": "Shards freigeben",
    "Other": "Sonstiges",
    "Overlapped forward and backward": "Vorwärts und rückwärts überlappt",
    "Idle": "Leerlauf",
    "Value": "Wert",
    "{one} and {other}": "{one} und {other}",
    "{low} to {high}": "{low} bis {high}",
    "chunk {number}": "Chunk {number}",
    "sequence chunk {number}": "Sequenz-Chunk {number}",
    "chunk and sequence chunk {number}": "Chunk und Sequenz-Chunk {number}",
    "stage {number}": "Stufe {number}",
    "chunks {first} to {last}": "Chunks {first} bis {last}",
    "sequence chunks {first} to {last}": "Sequenz-Chunks {first} bis {last}",
    "chunk and sequence chunks {first} to {last}": (
        "Chunks und Sequenz-Chunks {first} bis {last}"
    ),
    "stages {first} to {last}": "Stufen {first} bis {last}",
    "microbatches {first} to {last}": "Mikrobatches {first} bis {last}",
    "Device {number}": "Gerät {number}",
    "Time": "Zeit",
    "Time ({unit})": "Zeit ({unit})",
    "Warm-up": "Anlauf",
    "Steady state": "Dauerbetrieb",
    "Cool-down": "Auslauf",
    "Bubble": "Blase",
    "Activations held, in stage-microbatches": (
        "Gehaltene Aktivierungen, in Stufen-Mikrobatches"
    ),
    "Memory, in GB": "Speicher, in GB",
    "max {number}": "max. {number}",
    "{start} to {end}": "{start} bis {end}",
    "Each row is a device; time runs to the right.": (
        "Jede Zeile ist ein Gerät; die Zeit läuft nach rechts."
    ),
    "microbatch {number}": "Mikrobatch {number}",
    "held": "gehalten",
    "Note at {place}: {words}": "Notiz bei {place}: {words}",
    "This schedule as text": "Dieser Ablauf als Text",
    "Enlarge": "Vergrößern",
    "Zoom in": "Heranzoomen",
    "Zoom out": "Herauszoomen",
    "Fit": "Einpassen",
    "Full screen": "Vollbild",
    "Close": "Schließen",
    "at once": "gleichzeitig",
    "chunk": "Chunk",
    "sequence chunk": "Sequenz-Chunk",
    "chunk and sequence chunk": "Chunk und Sequenz-Chunk",
    "all-reduce": "All-Reduce",
    "transfers": "Übertragungen",
    "swaps": "Auslagerungen",
    "Pipeline schedule, {name}: {counts}; {time} time unit, {share} idle.": (
        "Pipeline-Ablauf, {name}: {counts}; {time} Zeiteinheit, {share} Leerlauf."
    ),
    "Pipeline schedule, {name}: {counts}; {time} time units, {share} idle.": (
        "Pipeline-Ablauf, {name}: {counts}; {time} Zeiteinheiten, {share} Leerlauf."
    ),
    "{number} pipeline schedules and their time: {listed}.": (
        "{number} Pipeline-Abläufe und ihre Zeit: {listed}."
    ),
    "written": "von Hand",
    "{number} device": "{number} Gerät",
    "{number} devices": "{number} Geräte",
    "{number} microbatch": "{number} Mikrobatch",
    "{number} microbatches": "{number} Mikrobatches",
    "{number} chunks per device": "{number} Chunks je Gerät",
    "{number} sequence chunks each": "je {number} Sequenz-Chunks",
    "line {number}": "Zeile {number}",
}
