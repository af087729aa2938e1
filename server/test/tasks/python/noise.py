"""The standard deviation of a part of a picture, as of a population."""

from _picture import part_of


def task(filename, params):
    return {"noise": str(float(part_of(filename, params).std()))}, None
