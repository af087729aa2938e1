"""The program that a Python task runs in.

`run-python.py FILE -n TASK [-i params.json] -d WORKDIR -o OUTDIR [-s LINE]` runs the task of FILE by the launcher protocol
(WIRE.md B): it calls `task(params)`, or `task(filename, params)` where that takes two, writes what it returns into OUTDIR, and
says the status. `run-python.py --describe FILE` says as JSON on file descriptor 3 what the task declares.

Needs nothing but Python's standard library. Whatever starts with every call is kept small: modules are imported where they
are used.
"""

import json
import os
import sys

SEPARATOR = "___TASK STATUS___"
LONGEST_MESSAGE = 10_000
# A value beside which nobody reads anything: longer texts are tables, or documents. In bytes of JSON.
LONGEST_TEXT = 65_536
MOST_DOWNLOADED = 512_000_000
MOST_DOWNLOAD_SECONDS = 60
OPTIONS = {
    "-n": "name", "--name": "name", "-i": "in", "--in": "in", "-d": "work", "--work": "work",
    "-o": "out", "--outdir": "out", "-s": "separator", "--sep": "separator",
}  # fmt: skip
# Errors that speak for themselves: their class is no news to whoever reads the message.
PLAIN = ("Exception", "RuntimeError", "ValueError", "OSError", "TaskError")


class TaskError(Exception):
    """Why a run comes to nothing, in words for whoever asked for it."""


def parse_arguments(argv):
    found = {"in": None, "separator": SEPARATOR}
    rest = list(argv)
    while rest:
        option, joined, value = rest.pop(0).partition("=")
        if option not in OPTIONS:
            raise TaskError(f"{option!r} is no argument of a task: {', '.join(OPTIONS)} are.")
        if not joined:
            value = rest.pop(0) if rest else ""
        if not value:
            raise TaskError(f"{option} has to be followed by a value.")
        found[OPTIONS[option]] = value
    for key, option in (("name", "-n"), ("work", "-d"), ("out", "-o")):
        if key not in found:
            raise TaskError(f"{option} is missing.")
    return found


def load(file):
    """Executes the file of a task as a module. Neither it nor what lies beside it is ever taken from `__pycache__`: that is
    judged by whole seconds, and an edit counts at the next call."""
    from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
    from types import ModuleType

    class Fresh(SourceFileLoader):
        def get_code(self, fullname):
            path = self.get_filename(fullname)
            return self.source_to_code(self.get_data(path), path)

    # What lies beside a task comes after Python's own modules and installed ones: a task called `random` is no module to others.
    folder = os.path.dirname(os.path.realpath(file))
    sys.path.append(folder)
    finder = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (Fresh, SOURCE_SUFFIXES))
    sys.path_importer_cache[folder] = finder
    name = "task_" + os.path.splitext(os.path.basename(file))[0]
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(Fresh(name, file).get_code(name), module.__dict__)
    if not callable(getattr(module, "task", None)):
        raise TaskError("It has no function `task`: `def task(params):`.")
    return module


def takes_filename(task):
    """Whether it is one of the form task(filename, params)."""
    needed = needed_of(task)
    if needed > 2:
        raise TaskError(f"`task` takes {needed} values: task(params) or task(filename, params) is expected.")
    return needed == 2


def needed_of(task):
    """How many values it has to be given."""
    code = getattr(task, "__code__", None)
    # `inspect` takes as long to import as all else of a call: plain functions say it themselves.
    if code is not None and not hasattr(task, "__wrapped__") and not hasattr(task, "__self__"):
        return code.co_argcount - len(task.__defaults__ or ())
    import inspect

    try:
        parameters = inspect.signature(task).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.default is one.empty and one.kind in kinds for one in parameters)


def call(task, params, work):
    returned = task(picture(params, work), params) if takes_filename(task) else task(params)
    if not isinstance(returned, tuple):
        return returned
    if len(returned) != 2:
        raise TaskError(f"The task returned {len(returned)} values: one is expected, or (value, error).")
    value, error = returned
    if error:
        raise TaskError(error if isinstance(error, str) else str(error))
    return value


def picture(params, work):
    """The path of the file that `_imageURL` names."""
    url = params.get("_imageURL")
    if not isinstance(url, str) or not url:
        raise TaskError("_imageURL is missing: the path or the address of a picture.")
    scheme = url.partition(":")[0].lower()
    if scheme == "file":
        from urllib.parse import unquote, urlsplit

        return unquote(urlsplit(url).path)
    if scheme in ("http", "https"):
        return download(url, work)
    if "://" in url and scheme.isalnum():
        raise TaskError(f"{url} cannot be fetched: a path, file://, http:// or https:// is expected.")
    return url


def download(url, work):
    import time
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlsplit
    from urllib.request import Request, urlopen

    ending = os.path.splitext(urlsplit(url).path)[1]
    path = os.path.join(work, "download" + (ending if ending[1:].isalnum() and len(ending) < 10 else ""))
    end = time.monotonic() + MOST_DOWNLOAD_SECONDS
    try:
        with urlopen(Request(url, headers={"User-Agent": "ajar"}), timeout=20) as answer, open(path, "wb") as file:
            while chunk := answer.read1(1 << 20):
                file.write(chunk)
                if file.tell() > MOST_DOWNLOADED:
                    raise TaskError(f"{url} is larger than {MOST_DOWNLOADED // 1_000_000} MB.")
                if time.monotonic() > end:
                    raise TaskError(f"{url} took longer than {MOST_DOWNLOAD_SECONDS} s.")
            # What is left of the length that was promised.
            if answer.length:
                raise TaskError(f"{url} could not be fetched: it broke off.")
    except HTTPError as error:
        raise TaskError(f"{url} answered {error.code} {error.reason}") from None
    except (URLError, TimeoutError, ConnectionError) as error:
        raise TaskError(f"{url} could not be fetched: {getattr(error, 'reason', error)}") from None
    return path


def plain(value, where="result"):
    """What JSON can say of a value: numbers that are none (NaN, infinite) become None, those of numpy become Python's."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else None
    if isinstance(value, dict):
        return {key_of(key, where): plain(one, f"{where}.{key}") for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, where) for one in value]
    # Arrays and scalars of numpy, and what looks like them; numpy itself need not be there.
    if hasattr(value, "tolist"):
        listed = value.tolist()
        if type(listed) is not type(value):
            return plain(listed, where)
    raise TaskError(f"{where} is a {type(value).__name__}, which cannot be written as JSON.")


def key_of(key, where):
    if isinstance(key, (str, bool, int, float)) or key is None:
        return key
    if hasattr(key, "item"):
        return plain(key.item(), where)
    raise TaskError(f"A key of {where} is a {type(key).__name__}, which cannot be written as JSON.")


def write_result(value, params, name, work, out):
    """@returns the path of the file in `out` that holds what a task returned"""
    if isinstance(value, dict) and list(value) == ["outfile"] and isinstance(value["outfile"], (str, os.PathLike)):
        return own_file(os.fspath(value["outfile"]), work, out)
    if value is None:
        raise TaskError("The task returned nothing: a value that can be written as JSON is expected.")
    stem = os.path.join(out, "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name))
    if isinstance(value, str) and params.get("_type") == ".csv":
        with open(f"{stem}.csv", "w", encoding="utf-8", newline="") as file:
            file.write(value)
        return f"{stem}.csv"
    # Escaped: a half of a surrogate pair is text in Python, and no UTF-8.
    text = json.dumps(plain(value), allow_nan=False)
    if isinstance(value, str) and len(text) > LONGEST_TEXT:
        raise TaskError(
            f"The task returned a text of {len(value)} characters, too long for a value. "
            'A table or a document: write it into a file, and return {"outfile": "NAME.csv"}. '
            'CSV may be returned as a text where the caller asks for it by "_type": ".csv".'
        )
    with open(f"{stem}.json", "w", encoding="utf-8") as file:
        file.write(text)
    return f"{stem}.json"


def own_file(named, work, out):
    """The file that a task names as its result, in the folder for results: what it wrote into its working folder is moved there."""
    where = f"The task named {named} as its result, which"
    path = next((one for one in (os.path.join(out, named), os.path.join(work, named)) if os.path.lexists(one)), None)
    if path is None:
        raise TaskError(f"{where} is no file of its working folder, nor of the one for results (-o).")
    if os.path.islink(path) or not os.path.isfile(path):
        raise TaskError(f"{where} is {'a link' if os.path.islink(path) else 'no file'}.")
    folder = os.path.realpath(os.path.dirname(path))
    if is_in(folder, out):
        return path
    if not is_in(folder, work):
        raise TaskError(f"{where} lies outside its working folder and the one for results (-o).")
    to = os.path.join(out, os.path.basename(path))
    if os.path.lexists(to):
        raise TaskError(f"{where} lies in its working folder, but the one for results has a {os.path.basename(to)}.")
    import shutil

    # A file of several names is somebody else's as well, and the two folders may be on two disks.
    if os.lstat(path).st_nlink > 1:
        shutil.copyfile(path, to)
    else:
        shutil.move(path, to)
    return to


def is_in(folder, top):
    real = os.path.realpath(top)
    return folder == real or folder.startswith(real + os.sep)


def message_of(error):
    text = str(error)
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    if isinstance(error, SystemExit):
        return f"The task ended before it returned anything: it called sys.exit({'' if error.code is None else error.code})."
    return text if type(error).__name__ in PLAIN and text else f"{type(error).__name__}: {text or 'no message'}"


def read_params(path):
    if path is None:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            params = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise TaskError(f"The parameters (-i {path}) cannot be read: {error}") from None
    if not isinstance(params, dict):
        raise TaskError(f"The parameters (-i {path}) have to be an object.")
    return params


def print_stack(error):
    """Where in its own files a task failed. What is told in words that stand for themselves came about nowhere in them."""
    if isinstance(error, TaskError):
        return
    import traceback

    told = traceback.TracebackException(type(error), error, error.__traceback__)
    seen = []
    pending = [told]
    while pending:
        one = pending.pop()
        if one is None or any(one is other for other in seen):
            continue
        seen.append(one)
        kept = [frame for frame in one.stack if frame.filename != __file__ and not frame.filename.startswith("<frozen ")]
        one.stack = traceback.StackSummary.from_list(kept)
        pending += [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())]
    print("".join(told.format()), end="", file=sys.stderr)


def run(argv):
    # What the task prints, and what prints that it starts, goes to standard error: the status stands alone on what was standard
    # output, which none of them inherits.
    status = os.dup(1)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    separator, code = SEPARATOR, 1
    try:
        file, *rest = argv or [""]
        arguments = parse_arguments(rest)
        separator, out = arguments["separator"], os.path.abspath(arguments["out"])
        params = read_params(arguments["in"])
        file, work = os.path.abspath(file), os.path.abspath(arguments["work"])
        os.chdir(work)
        value = call(load(file).task, params, work)
        said, code = {"outfile": write_result(value, params, arguments["name"], work, out)}, 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the launcher is told
        print_stack(error)
        said = {"error": message_of(error)[:LONGEST_MESSAGE]}
    sys.stdout.flush()
    sys.stderr.flush()
    write_all(status, f"{separator}\n{json.dumps(said)}\n".encode("utf-8", "replace"))
    # The process ends with its task, whatever threads the task left behind.
    os._exit(code)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data) :]


def describe(argv):
    import ast
    import resource

    # Not whatever the machine has: this is no call, only a look at what a call would take.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    file = os.path.abspath(argv[0])
    said = {"error": None, "schema": None, "limits": None, "cache": True, "doc": "", "files": []}
    beside = os.path.join(os.path.dirname(os.path.realpath(file)), "")
    missing = []
    try:
        module = load(file)
        with open(file, "rb") as source:
            said["doc"] = doc_of(ast.parse(source.read()))
        said["limits"] = plain(getattr(module, "limits", None), "limits")
        said["cache"] = getattr(module, "cache", None) is not False
        said["schema"] = plain(getattr(module, "schema", None), "schema")
        if said["schema"] is None and takes_filename(module.task):
            said["schema"] = {
                "type": "object",
                "properties": {"_imageURL": {"type": "string", "format": "picture"}},
                "required": ["_imageURL"],
                # Which others it takes it does not say.
                "additionalProperties": True,
            }
    except BaseException as error:  # noqa: BLE001 - whatever it is, the catalog is told
        print_stack(error)
        said["error"] = message_of(error)
        if isinstance(error, ModuleNotFoundError) and error.name:
            said["error"] += f": where nothing of that name lies beside the task, install it for {sys.executable}"
            missing = [os.path.join(beside, *error.name.split("."))]
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    said["files"] = [path for path in loaded if isinstance(path, str) and path.startswith(beside)]
    said["files"] += [path + ending for path in missing for ending in (".py", os.sep + "__init__.py")]
    write_all(3, json.dumps(said).encode())
    os._exit(0)


def doc_of(tree):
    import ast

    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "task" and ast.get_docstring(node):
            return ast.get_docstring(node)
    return ast.get_docstring(tree) or ""


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    # The folder of this file, which is nothing to a task.
    del sys.path[0]
    if sys.argv[1:2] == ["--describe"]:
        describe(sys.argv[2:])
    run(sys.argv[1:])
