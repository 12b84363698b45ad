"""Calls the program lightsout."""

import json
import os
import shutil
import subprocess
import tempfile

from ._files import load


class LightsOutError(Exception):
    """The program refused what it was given (code 2) or failed (code 1); the message is its own."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


def _binary(binary):
    found = binary or os.environ.get("LIGHTSOUT_BIN") or shutil.which("lightsout")
    if not found:
        raise LightsOutError("lightsout is not on the PATH: build it with go tool task build, or set LIGHTSOUT_BIN", 2)
    return found


def _call(arguments, binary=None):
    done = subprocess.run([_binary(binary), *arguments], capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise LightsOutError(said[-1] if said else f"exit code {done.returncode}", done.returncode)
    return done.stdout


def _with_file(content, arguments, binary):
    """Calls the program with a file of JSON, which is YAML, at the place of None."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "input.yaml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(content, f)
        return _call([path if a is None else a for a in arguments], binary)


class Race:
    """The result of a race: `classification` is a list of dicts, the winner first."""

    def __init__(self, result):
        self.result = result
        self.classification = result["classification"]
        self.state_hash = result["state_hash"]
        self.manifest = result["manifest"]

    @property
    def winner(self):
        return self.classification[0]

    def __repr__(self):
        return f"<Race {self.result['race']['id']}: {self.winner['name_acronym']} won>"


class Sweep:
    """The statistics of a sweep, by combination of values, and where its rows are."""

    def __init__(self, summary, out, laps_out):
        self.summary, self.out, self.laps_out = summary, out, laps_out
        self.vary = summary["vary"]
        self.combinations = summary["combinations"]

    def load(self, engine=None):
        """The rows of the results: a row of each car of each race."""
        return self._load(self.out, "out", engine)

    def load_laps(self, engine=None):
        """The rows of the laps."""
        return self._load(self.laps_out, "laps_out", engine)

    @staticmethod
    def _load(path, name, engine):
        if path is None:
            raise LightsOutError(f"the sweep has no {name}: name a file of .csv or .parquet", 2)
        return load(path, engine)

    def __repr__(self):
        return f"<Sweep of {self.summary['races']} races, {len(self.combinations)} combinations>"


def run(*, log=None, db=None, id=None, binary=None, **race):  # noqa: A002
    """Runs a race. The fields are those of a race file: circuit, cars, laps, seed, model, entries, …"""
    arguments = ["simulate", "--race", None, "--json"]
    for flag, value in (("--log", log), ("--db", db), ("--id", id)):
        if value is not None:
            arguments += [flag, os.fspath(value)]
    return Race(json.loads(_with_file(race, arguments, binary)))


def sweep(race=None, vary=None, seeds="1", repeats=1, *, out=None, laps_out=None, page=None, jobs=None, binary=None):
    """Runs a race with every combination of the values in vary, each with every seed. seeds are such as "1-200" or a list."""
    seeds = seeds if isinstance(seeds, str) else [int(s) for s in seeds]
    plan = {"race": race or {}, "vary": {k: v if isinstance(v, dict) else list(v) for k, v in (vary or {}).items()}, "seeds": seeds, "repeats": repeats}
    arguments = ["sweep", None, "--json"]
    for flag, value in (("--out", out), ("--laps-out", laps_out), ("--page", page), ("--jobs", jobs)):
        if value is not None:
            arguments += [flag, str(value)]
    return Sweep(json.loads(_with_file(plan, arguments, binary)), out, laps_out)


def rerun(manifest, out=None, binary=None):
    """Makes an output again and raises LightsOutError if its bytes differ."""
    return _call(["rerun", os.fspath(manifest), *(["--out", os.fspath(out)] if out else [])], binary)


def default_race(binary=None):
    """The race file of the default race as YAML, each field with its meaning, range and source."""
    return _call(["simulate", "--print-config"], binary)
