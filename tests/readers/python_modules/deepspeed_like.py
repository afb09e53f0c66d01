"""Schedules that look like DeepSpeed's: the same names of classes and attributes."""


class PipeInstruction:
    def __init__(self, **kwargs):
        self.name = type(self).__name__
        self.__dict__.update(kwargs)


class BufferOpInstruction(PipeInstruction):
    def __init__(self, buffer_id):
        super().__init__(buffer_id=buffer_id)


class LoadMicroBatch(BufferOpInstruction):
    pass


class ForwardPass(BufferOpInstruction):
    pass


class BackwardPass(BufferOpInstruction):
    pass


class SendActivation(BufferOpInstruction):
    pass


class RecvActivation(BufferOpInstruction):
    pass


class SendGrad(BufferOpInstruction):
    pass


class RecvGrad(BufferOpInstruction):
    pass


class ReduceTiedGrads(PipeInstruction):
    pass


class ReduceGrads(PipeInstruction):
    pass


class OptimizerStep(PipeInstruction):
    pass


class TrainSchedule:
    """1F1B in steps, one pass a step, with as few buffers as microbatches in flight."""

    def __init__(self, micro_batches, stages, stage_id):
        self.micro_batches = micro_batches
        self.stages = stages
        self.stage_id = stage_id

    def steps(self):
        last = self.stage_id == self.stages - 1
        buffers = self.stages - self.stage_id + 1
        for microbatch, is_forward in self.passes():
            buffer = microbatch % buffers
            step = []
            if is_forward:
                if self.stage_id:
                    step.append(RecvActivation(buffer))
                if last or not self.stage_id:
                    step.append(LoadMicroBatch(buffer))
                step.append(ForwardPass(buffer))
                if not last:
                    step.append(SendActivation(buffer))
            else:
                if not last:
                    step.append(RecvGrad(buffer))
                step.append(BackwardPass(buffer))
                if self.stage_id:
                    step.append(SendGrad(buffer))
            yield step
            yield []
        yield [ReduceTiedGrads(), ReduceGrads(), OptimizerStep()]

    def passes(self):
        warm_up = min(self.micro_batches, self.stages - 1 - self.stage_id)
        yield from ((microbatch, True) for microbatch in range(warm_up))
        for microbatch in range(warm_up, self.micro_batches):
            yield microbatch, True
            yield microbatch - warm_up, False
        for microbatch in range(self.micro_batches - warm_up, self.micro_batches):
            yield microbatch, False


class DataParallelSchedule(TrainSchedule):
    def steps(self):
        for _ in range(self.micro_batches):
            yield [LoadMicroBatch(0), ForwardPass(0), BackwardPass(0)]
        yield [ReduceGrads(), OptimizerStep()]


class Compress(BufferOpInstruction):
    """What a fork of DeepSpeed may add."""


def schedules():
    return [TrainSchedule(micro_batches=8, stages=4, stage_id=stage) for stage in range(4)]


def steps():
    return [schedule.steps() for schedule in schedules()]
