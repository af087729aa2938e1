"""How bright the rows of a part of a picture are, so many at a time."""

from _picture import corner_of, part_of


def task(filename, params):
    part = part_of(filename, params)
    _, top = corner_of(params)
    rows = int(params["rowsperbin"])
    starts = range(0, len(part), rows)
    return {"projs": [[part[at : at + rows].mean(), top + at, top + at + rows] for at in starts]}, None
