"""The words of a figure in Korean."""

from __future__ import annotations

TABLE: dict[str, str] = {
    "Forward": "순전파",
    "Backward": "역전파",
    "Backward for input": "입력 역전파",
    "Backward for weights": "가중치 역전파",
    "Recompute": "재계산",
    "Optimizer step": "옵티마이저 단계",
    "All-reduce": "All-reduce",
    "Transfer": "전송",
    "Evict": "내보내기",
    "Load": "불러오기",
    "Unshard": "언샤드",
    "Reshard": "리샤드",
    "Other": "기타",
    "Overlapped forward and backward": "겹쳐진 순전파와 역전파",
    "Idle": "유휴",
    "Value": "값",
    "{one} and {other}": "{one}, {other}",
    "{low} to {high}": "{low}~{high}",
    "chunk {number}": "청크 {number}",
    "sequence chunk {number}": "시퀀스 청크 {number}",
    "chunk and sequence chunk {number}": "청크와 시퀀스 청크 {number}",
    "stage {number}": "스테이지 {number}",
    "chunks {first} to {last}": "청크 {first}~{last}",
    "sequence chunks {first} to {last}": "시퀀스 청크 {first}~{last}",
    "chunk and sequence chunks {first} to {last}": "청크와 시퀀스 청크 {first}~{last}",
    "stages {first} to {last}": "스테이지 {first}~{last}",
    "microbatches {first} to {last}": "마이크로배치 {first}~{last}",
    "Device {number}": "장치 {number}",
    "Time": "시간",
    "Time ({unit})": "시간 ({unit})",
    "Warm-up": "워밍업",
    "Steady state": "정상 상태",
    "Cool-down": "쿨다운",
    "Bubble": "버블",
    "Activations held, in stage-microbatches": "보유한 활성값 (스테이지·마이크로배치 단위)",
    "max {number}": "최대 {number}",
    "{start} to {end}": "{start}~{end}",
    "Each row is a device; time runs to the right.": (
        "각 행은 장치이며, 시간은 오른쪽으로 흐릅니다."
    ),
    "microbatch {number}": "마이크로배치 {number}",
    "held": "보유",
    "Note at {place}: {words}": "{place}의 메모: {words}",
    "This schedule as text": "이 스케줄을 텍스트로 보기",
    "at once": "동시에",
    "chunk": "청크",
    "sequence chunk": "시퀀스 청크",
    "chunk and sequence chunk": "청크와 시퀀스 청크",
    "all-reduce": "All-reduce",
    "transfers": "전송",
    "swaps": "스왑",
    "Pipeline schedule, {name}: {counts}; {time} time unit, {share} idle.": (
        "파이프라인 스케줄 {name}: {counts}; {time} 시간 단위, 유휴 {share}."
    ),
    "Pipeline schedule, {name}: {counts}; {time} time units, {share} idle.": (
        "파이프라인 스케줄 {name}: {counts}; {time} 시간 단위, 유휴 {share}."
    ),
    "{number} pipeline schedules and their time: {listed}.": (
        "파이프라인 스케줄 {number}개와 그 시간: {listed}."
    ),
    "written": "직접 작성",
    "{number} device": "장치 {number}개",
    "{number} devices": "장치 {number}개",
    "{number} microbatch": "마이크로배치 {number}개",
    "{number} microbatches": "마이크로배치 {number}개",
    "{number} chunks per device": "장치당 청크 {number}개",
    "{number} sequence chunks each": "각각 시퀀스 청크 {number}개",
    "line {number}": "{number}번째 줄",
}
