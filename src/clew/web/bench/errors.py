"""What the bench can refuse."""

from clew.errors import Missing


class NoCompany(Missing):
    """There is no demo of 10,000 leads or more here whose pages could be measured. `clew demo --size 1000000` makes one."""

    code = "no_company"
