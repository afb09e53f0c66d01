"""What a user's module may hold."""

import sys
from typing import NamedTuple

import sphinx_pipeviz as pv

ORDER = [["0F0", "0B0"], ["1F0", "1B0"]]
EMPTY = None


class Action(NamedTuple):
    stage: int
    kind: str
    microbatch: int

    def __str__(self):
        return f"{self.stage}{self.kind}{self.microbatch}"


class Holder:
    pipeline_order = None

    @staticmethod
    def order():
        return ORDER

    def __call__(self):
        return ORDER


HOLDER = Holder()


def order():
    return ORDER


def of(devices, microbatches=4):
    return pv.plan("1f1b", devices=devices, microbatches=microbatches)


def fails():
    return 1 // 0


def fails_late():
    yield ["0F0"]
    raise KeyError("later")


def fails_in_pipeviz():
    return pv.plan("1f1b", devices=0, microbatches=1)


def leaves():
    sys.exit("enough")


def fills():
    raise MemoryError


def stops():
    raise GeneratorExit("over")


def never_ends():
    return never_ends()


class SpeechlessError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def speechless():
    raise SpeechlessError


def interrupted():
    raise KeyboardInterrupt


def endless():
    while True:
        yield "0F0"
