"""Runs the code cells of a notebook in their order, without Jupyter: python run_notebook.py NOTEBOOK. An error ends it with its traceback."""

import json
import sys


def run(path):
    with open(path, encoding="utf-8") as f:
        notebook = json.load(f)
    scope = {"__name__": "__main__"}
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    for number, cell in enumerate(cells, 1):
        exec(compile("".join(cell["source"]), f"{path}, code cell {number}", "exec"), scope)
    return len(cells)


if __name__ == "__main__":
    print(f"{run(sys.argv[1])} code cells of {sys.argv[1]} ran")
