"""Tables as astropy writes them, and what it reads of the same files: tasks-tables.py FOLDER"""

import json
import sys
import warnings

import numpy
from astropy.io import ascii, votable
from astropy.table import Column, MaskedColumn, Table

warnings.simplefilter("ignore")
folder = sys.argv[1]
expected = {}


def cell(value):
    """As `Row` has it."""
    if value is numpy.ma.masked:
        return None
    if isinstance(value, (list, tuple)) or (isinstance(value, numpy.ndarray) and value.ndim > 0):
        values = [item for item in numpy.ma.asarray(value).ravel()]
        return " ".join(text(cell(item)) for item in values) or None
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(value)
    if isinstance(value, (complex, numpy.complexfloating)):
        return f"{text(cell(value.real))} {text(cell(value.imag))}"
    if isinstance(value, (float, numpy.floating)):
        if numpy.isnan(value):
            return None
        if numpy.isinf(value):
            return "inf" if value > 0 else "-inf"
        return float(str(value))  # of a float32 the shortest decimal
    return (value.decode() if isinstance(value, bytes) else str(value)) or None


def text(value):
    if value is None:
        return "NaN"
    if isinstance(value, bool):
        return "T" if value else "F"
    return str(int(value)) if isinstance(value, float) and value == int(value) and abs(value) < 1e15 else str(value)


def note(name, table):
    columns = []
    for column in table.itercols():
        columns.append(
            {
                "name": column.name,
                "unit": str(column.unit) if column.unit is not None else None,
                "description": column.description,
            }
        )
    rows = [[cell(table[c][i]) for c in table.colnames] for i in range(len(table))]
    expected[name] = {"columns": columns, "rows": rows}


def simple(count=5):
    table = Table()
    table["id"] = Column(numpy.arange(count) - 2, dtype="i8", description="Which of them; \"it\" <counts>")
    table["ra"] = MaskedColumn([1.5, numpy.nan, 0.1, 1e300, -12.25][:count], mask=[0, 0, 1, 0, 0][:count], unit="deg")
    table["flux"] = Column(numpy.array([0.1, 1 / 3, 3e-40, numpy.inf, -7][:count], dtype="f4"), unit="mJy/beam")
    table["name"] = Column(["a", "b c", "x,y", "q\"u", "#5"][:count])
    table["far"] = Column([2**53 + 1, -(2**62), 3, 4, 5][:count], dtype="i8")
    return table


# VOTable by its own writer: every datatype, nulls, arrays.
FIELDS = [
    ("flag", "boolean", None, None, [True, False, None]),
    ("bits", "bit", "10", None, [[1, 0] * 5, [0] * 10, [1] * 10]),
    ("one", "bit", None, None, [1, 0, 1]),
    ("byte", "unsignedByte", None, "255", [0, 200, None]),
    ("short", "short", None, "-32768", [-5, None, 32767]),
    ("int", "int", None, "-99", [None, 7, -2147483648]),
    ("long", "long", None, "-1", [2**60, None, 5]),
    ("float", "float", None, None, [0.1, None, 1e-40]),
    ("double", "double", None, None, [1 / 3, None, -1e308]),
    ("fixed", "char", "6", None, ["abc", "sixsix", ""]),
    ("any", "char", "*", None, ["a <b> & c", "", "x" * 300]),
    ("wide", "unicodeChar", "*", None, ["\u00fcn\u00ef \u65e5", "", "z"]),
    ("three", "int", "3", None, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
    ("some", "double", "*", None, [[1.5], [], [0.25, 2.5, -3.5]]),
    ("square", "short", "2x2", None, [[[1, 2], [3, 4]]] * 3),
    ("complex", "doubleComplex", None, None, [1 + 2j, -0.5j, 3]),
    ("little", "floatComplex", None, None, [0.5 + 0.25j, 1, 2]),
]
for serialisation in ["tabledata", "binary", "binary2"]:
    for version in ["1.1", "1.2", "1.3", "1.4"]:
        if serialisation == "binary2" and version < "1.3":
            continue
        file = votable.tree.VOTableFile(version=version)
        resource = votable.tree.Resource()
        file.resources.append(resource)
        table = votable.tree.Table(file)
        resource.tables.append(table)
        for name, datatype, size, null, _ in FIELDS:
            field = votable.tree.Field(file, name=name, datatype=datatype, arraysize=size, unit="km/s" if name == "double" else None)
            if null is not None:
                field.values.null = int(null)
            if name == "short":
                field.description = "Not\n  long"
            table.fields.append(field)
        table.create_arrays(3)
        for row in range(3):
            values, masks = [], []
            for i, (name, datatype, size, null, given) in enumerate(FIELDS):
                value = given[row]
                dtype = table.array.dtype[i]
                is_nothing = value is None
                if is_nothing:
                    value = int(null) if null is not None else (numpy.nan if dtype.kind == "f" else False)
                if dtype.kind == "O" and isinstance(value, list):
                    value = numpy.ma.array(value, mask=[False] * len(value), dtype="f8")
                values.append(value)
                masks.append(is_nothing if dtype.shape == () else numpy.zeros(dtype.shape, bool))
            table.array[row] = tuple(values)
            table.array.mask[row] = tuple(masks)
        name = f"{serialisation}-{version}.vot"
        file.to_xml(f"{folder}/{name}", tabledata_format=serialisation)
        read = votable.parse(f"{folder}/{name}").get_first_table()
        columns = [{"name": f.name, "unit": str(f.unit) if f.unit else None, "description": f.description and " ".join(f.description.split())} for f in read.fields]
        rows = []
        for row in range(3):
            cells = []
            for f, (_, datatype, size, null, _g) in zip(read.fields, FIELDS):
                value, mask = read.array[f.ID][row], read.array.mask[f.ID][row]
                value = None if mask is numpy.True_ or mask is True else cell(value)
                if datatype == "bit" and size:
                    value = "".join(str(int(bit)) for bit in read.array[f.ID][row])
                cells.append(value)
            rows.append(cells)
        expected[name] = {"columns": columns, "rows": rows}

ipac = simple()
ipac["name"] = ["a", "b c", "x,y", "q\"u", "#5"]
ipac.meta["comments"] = ["written by astropy"]
ipac.meta["keywords"] = {"fixlen": {"value": "T"}, "RowsRetrieved": {"value": 5}}
ascii.write(ipac, f"{folder}/simple.tbl", format="ipac", overwrite=True)
note("simple.tbl", ascii.read(f"{folder}/simple.tbl", format="ipac"))

plain = simple()
plain.remove_column("far")
plain.write(f"{folder}/simple.csv", format="ascii.csv", overwrite=True)
note("simple.csv", Table.read(f"{folder}/simple.csv", format="ascii.csv"))
plain.write(f"{folder}/simple-table.vot", format="votable", overwrite=True)
note("simple-table.vot", Table.read(f"{folder}/simple-table.vot", format="votable"))

# Written by others: astropy says what they are.
others = {
    "irsa.tbl": """\\fixlen = T
\\RowsRetrieved =     3
\\ a comment | with a bar
\\col.ra.ShortDescription = "where"
|ra      |dec     |name    |mjd    |ok  |
|double  |d       |c       |    int|char|
|deg     |deg     |        |days   |    |
|null    |        |null    |    -99|    |
 10.5     -0.5     M 31         -99 T
 null     12       null       55000
 1e-3              a:b            1 F
""",
    "short.tbl": "|a   |b     |\n|int |char  |\n   1\n   2  x\n",
    "dashes.tbl": "|-a-|--b-|\n|-r-|-i--|\n|---|-s--|\n 1.2    3\r\n\n 2      4",
}
for name, content in others.items():
    with open(f"{folder}/{name}", "w", newline="") as out:
        out.write(content)
    note(name, ascii.read(f"{folder}/{name}", format="ipac"))

with open(f"{folder}/expected.json", "w") as out:
    json.dump(expected, out)
