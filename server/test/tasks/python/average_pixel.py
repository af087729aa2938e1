"""The mean level of a part of a picture: as the task of that name in TypeScript, in the form of the older launcher."""

from _picture import part_of


def task(filename, params):
    return {"result": str(float(part_of(filename, params).mean()))}, None
