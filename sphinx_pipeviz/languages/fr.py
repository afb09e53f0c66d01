"""The words of a figure in French."""

from __future__ import annotations

TABLE: dict[str, str] = {
    "Forward": "Passe avant",
    "Backward": "Passe arrière",
    "Backward for input": "Passe arrière (entrées)",
    "Backward for weights": "Passe arrière (poids)",
    "Recompute": "Recalcul",
    "Optimizer step": "Étape d'optimisation",
    "All-reduce": "All-reduce",
    "Transfer": "Transfert",
    "Evict": "Déchargement",
    "Load": "Rechargement",
    "Unshard": "Regroupement des fragments",
    "Reshard": "Libération des fragments",
    "Other": "Autre",
    "Overlapped forward and backward": "Passes avant et arrière superposées",
    "Idle": "Inactif",
    "Value": "Valeur",
    "{one} and {other}": "{one} et {other}",
    "{low} to {high}": "{low} à {high}",
    "chunk {number}": "bloc {number}",
    "sequence chunk {number}": "bloc de séquence {number}",
    "chunk and sequence chunk {number}": "bloc et bloc de séquence {number}",
    "stage {number}": "étage {number}",
    "chunks {first} to {last}": "blocs {first} à {last}",
    "sequence chunks {first} to {last}": "blocs de séquence {first} à {last}",
    "chunk and sequence chunks {first} to {last}": (
        "blocs et blocs de séquence {first} à {last}"
    ),
    "stages {first} to {last}": "étages {first} à {last}",
    "microbatches {first} to {last}": "micro-lots {first} à {last}",
    "Device {number}": "Appareil {number}",
    "Time": "Temps",
    "Time ({unit})": "Temps ({unit})",
    "Warm-up": "Amorçage",
    "Steady state": "Régime établi",
    "Cool-down": "Vidage",
    "Bubble": "Bulle",
    "Activations held, in stage-microbatches": (
        "Activations conservées, en micro-lots par étage"
    ),
    "Memory, in GB": "Mémoire, en Go",
    "max {number}": "max {number}",
    "{start} to {end}": "{start} à {end}",
    "Each row is a device; time runs to the right.": (
        "Chaque ligne est un appareil ; le temps va vers la droite."
    ),
    "microbatch {number}": "micro-lot {number}",
    "held": "conservé",
    "Note at {place}: {words}": "Note à {place} : {words}",
    "This schedule as text": "Cet ordonnancement en texte",
    "Enlarge": "Agrandir",
    "Zoom in": "Zoom avant",
    "Zoom out": "Zoom arrière",
    "Fit": "Ajuster",
    "Full screen": "Plein écran",
    "Close": "Fermer",
    "at once": "en même temps",
    "chunk": "bloc",
    "sequence chunk": "bloc de séquence",
    "chunk and sequence chunk": "bloc et bloc de séquence",
    "all-reduce": "all-reduce",
    "transfers": "transferts",
    "swaps": "échanges",
    "Pipeline schedule, {name}: {counts}; {time} time unit, {share} idle.": (
        "Ordonnancement de pipeline, {name} : {counts} ; {time} unité de temps, "
        "{share} d'inactivité."
    ),
    "Pipeline schedule, {name}: {counts}; {time} time units, {share} idle.": (
        "Ordonnancement de pipeline, {name} : {counts} ; {time} unités de temps, "
        "{share} d'inactivité."
    ),
    "{number} pipeline schedules and their time: {listed}.": (
        "{number} ordonnancements de pipeline et leur durée : {listed}."
    ),
    "written": "écrit à la main",
    "{number} device": "{number} appareil",
    "{number} devices": "{number} appareils",
    "{number} microbatch": "{number} micro-lot",
    "{number} microbatches": "{number} micro-lots",
    "{number} chunks per device": "{number} blocs par appareil",
    "{number} sequence chunks each": "{number} blocs de séquence chacun",
    "line {number}": "ligne {number}",
}
