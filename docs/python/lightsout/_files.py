"""Loads data sets."""

import csv
import os


def load(path, engine=None):
    """Loads a data set of CSV or Parquet: with pandas or polars where they are there, otherwise as a list of dicts.

    engine is "pandas", "polars" or "dicts". Parquet needs one of the first two.
    """
    path = os.fspath(path)
    parquet = path.endswith(".parquet")
    if engine is None:
        engine = next((e for e in ("pandas", "polars") if _there(e)), "dicts")
    if engine == "pandas":
        import pandas

        return pandas.read_parquet(path) if parquet else pandas.read_csv(path)
    if engine == "polars":
        import polars

        return polars.read_parquet(path) if parquet else polars.read_csv(path)
    if engine != "dicts":
        raise ValueError(f"engine is {engine!r}: allowed are pandas, polars, dicts")
    if parquet:
        raise ValueError(f"{path}: Parquet needs pandas or polars; a data set of CSV does not")
    with open(path, newline="", encoding="utf-8") as f:
        return [{k: _value(v) for k, v in row.items()} for row in csv.DictReader(f)]


def _there(name):
    import importlib.util

    return importlib.util.find_spec(name) is not None


def _value(text):
    if text == "":
        return None
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
