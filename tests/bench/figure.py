"""What a row measures."""

import dataclasses

import machine


@dataclasses.dataclass
class Figure:
    """One measured quantity of one subject: a value for each round."""

    row: str
    subject: str
    what: str
    unit: str
    values: list
    target: str = ""

    @property
    def median(self):
        return machine.median(self.values)
