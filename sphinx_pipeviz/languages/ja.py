"""The words of a figure in Japanese."""

from __future__ import annotations

TABLE: dict[str, str] = {
    "Forward": "順伝播",
    "Backward": "逆伝播",
    "Backward for input": "入力の逆伝播",
    "Backward for weights": "重みの逆伝播",
    "Recompute": "再計算",
    "Optimizer step": "オプティマイザ更新",
    "All-reduce": "All-reduce",
    "Transfer": "転送",
    "Evict": "退避",
    "Load": "読み戻し",
    "Unshard": "アンシャード",
    "Reshard": "リシャード",
    "Other": "その他",
    "Overlapped forward and backward": "順伝播と逆伝播のオーバーラップ",
    "Idle": "アイドル",
    "Value": "値",
    "{one} and {other}": "{one}と{other}",
    "{low} to {high}": "{low}～{high}",
    "chunk {number}": "チャンク{number}",
    "sequence chunk {number}": "シーケンスチャンク{number}",
    "chunk and sequence chunk {number}": "チャンクとシーケンスチャンク{number}",
    "stage {number}": "ステージ{number}",
    "chunks {first} to {last}": "チャンク{first}～{last}",
    "sequence chunks {first} to {last}": "シーケンスチャンク{first}～{last}",
    "chunk and sequence chunks {first} to {last}": (
        "チャンクとシーケンスチャンク{first}～{last}"
    ),
    "stages {first} to {last}": "ステージ{first}～{last}",
    "microbatches {first} to {last}": "マイクロバッチ{first}～{last}",
    "Device {number}": "デバイス {number}",
    "Time": "時間",
    "Time ({unit})": "時間 ({unit})",
    "Warm-up": "ウォームアップ",
    "Steady state": "定常状態",
    "Cool-down": "クールダウン",
    "Bubble": "バブル",
    "Activations held, in stage-microbatches": (
        "保持する活性値（ステージ・マイクロバッチ単位）"
    ),
    "Memory, in GB": "メモリ（GB）",
    "max {number}": "最大 {number}",
    "{start} to {end}": "{start}～{end}",
    "Each row is a device; time runs to the right.": "各行がデバイスで、時間は右へ進みます。",
    "microbatch {number}": "マイクロバッチ{number}",
    "held": "保持",
    "Note at {place}: {words}": "{place} の注：{words}",
    "This schedule as text": "このスケジュールのテキスト表示",
    "Enlarge": "拡大",
    "Zoom in": "ズームイン",
    "Zoom out": "ズームアウト",
    "Fit": "全体表示",
    "Full screen": "全画面",
    "Close": "閉じる",
    "at once": "同時",
    "chunk": "チャンク",
    "sequence chunk": "シーケンスチャンク",
    "chunk and sequence chunk": "チャンクとシーケンスチャンク",
    "all-reduce": "All-reduce",
    "transfers": "転送",
    "swaps": "スワップ",
    "Pipeline schedule, {name}: {counts}; {time} time unit, {share} idle.": (
        "パイプラインスケジュール {name}：{counts}、{time} 時間単位、アイドル {share}。"
    ),
    "Pipeline schedule, {name}: {counts}; {time} time units, {share} idle.": (
        "パイプラインスケジュール {name}：{counts}、{time} 時間単位、アイドル {share}。"
    ),
    "{number} pipeline schedules and their time: {listed}.": (
        "{number} 個のパイプラインスケジュールとその時間：{listed}。"
    ),
    "written": "手動作成",
    "{number} device": "デバイス {number} 台",
    "{number} devices": "デバイス {number} 台",
    "{number} microbatch": "マイクロバッチ {number} 個",
    "{number} microbatches": "マイクロバッチ {number} 個",
    "{number} chunks per device": "デバイスごとにチャンク {number} 個",
    "{number} sequence chunks each": "それぞれシーケンスチャンク {number} 個",
    "line {number}": "{number} 行目",
}
