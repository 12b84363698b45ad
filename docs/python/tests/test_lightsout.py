"""Tests of the package: PYTHONPATH=docs/python LIGHTSOUT_BIN=bin/lightsout python -m unittest discover docs/python/tests"""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import unittest

import lightsout
from lightsout._msgpack import unpack

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def test_run_gives_the_same_race_for_the_same_seed(self):
        first, again, other = (lightsout.run(circuit="kartwerk", cars=4, laps=2, seed=s) for s in (7, 7, 8))
        self.assertEqual(first.state_hash, again.state_hash)
        self.assertNotEqual(first.state_hash, other.state_hash)
        self.assertEqual(len(first.classification), 4)
        self.assertEqual(first.winner["position"], 1)

    def test_refusal_names_field_and_range(self):
        with self.assertRaisesRegex(lightsout.LightsOutError, r"model\.pace\.noise_s: is 99 \(allowed: 0 to 10 s") as caught:
            lightsout.run(model={"pace": {"noise_s": 99}})
        self.assertEqual(caught.exception.code, 2)

    def test_sweep_is_loaded_and_made_again(self):
        sweep = lightsout.sweep({"circuit": "kartwerk", "cars": 3, "laps": 2}, {"model.pace.noise_s": [0.1, 0.9]}, "1-4",
                                out=self.path("out.csv"), laps_out=self.path("laps.csv"))
        rows = sweep.load(engine="dicts")
        self.assertEqual(len(rows), 2 * 4 * 3)
        self.assertEqual({r["model.pace.noise_s"] for r in rows}, {0.1, 0.9})
        wins = sum(r["position"] == 1 for r in rows)
        self.assertEqual(wins, sum(c["wins"]["count"] for combination in sweep.combinations for c in combination["cars"]))
        self.assertEqual(len(sweep.load_laps(engine="dicts")), sum(r["laps"] for r in rows))
        lightsout.rerun(self.path("out.csv.manifest.json"), out=self.path("again.csv"))
        with open(self.path("out.csv"), "rb") as a, open(self.path("again.csv"), "rb") as b:
            self.assertEqual(a.read(), b.read())

    def test_data_frames(self):
        engines = [e for e in ("pandas", "polars") if importlib.util.find_spec(e)]
        if not engines:
            self.skipTest("SKIPPED: neither pandas nor polars is installed")
        race = {"circuit": "kartwerk", "cars": 3, "laps": 2}
        for ending in ("csv", "parquet") if importlib.util.find_spec("pyarrow") or engines == ["polars"] else ("csv",):
            sweep = lightsout.sweep(race, seeds=[1, 2], out=self.path(f"out.{ending}"))
            for engine in engines:
                frame = sweep.load(engine=engine)
                self.assertEqual(len(frame), 6)
                self.assertIn("best_lap_ms", frame.columns)

    def test_notebook_runs(self):
        done = subprocess.run([sys.executable, os.path.join(FOLDER, "run_notebook.py"), os.path.join(FOLDER, "noise.ipynb")], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("code cells", done.stdout)


class Server(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = subprocess.Popen([os.environ["LIGHTSOUT_BIN"], "serve", "--addr", "127.0.0.1:0", "--db", os.path.join(folder.name, "races.db")],
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        for line in server.stderr:
            if found := re.match(r"Lights Out .*?is on (\S+)", line):
                self.server = lightsout.Server(found[1])
                return
        self.fail("the server did not say where it is")

    def test_stream_follows_a_race_to_its_result(self):
        race = self.server.order(circuit="kartwerk", laps=3, speed=0, entries=[{"full_name": "Ada Lovelace", "pace_s": 0}, {}, {}], start=True)
        laps, last = [], None
        for message in self.server.stream(race["id"]):
            if message["type"] in ("snapshot", "facts"):
                last = message
                laps += message.get("laps", [])
        told = self.server.classification(race["id"])
        self.assertEqual(last["status"], "finished")
        self.assertEqual(last["result"]["state_hash"], told["state_hash"])
        self.assertEqual([c["driver_number"] for c in last["result"]["classification"]], [c["driver_number"] for c in told["classification"]])
        self.assertEqual(self.server.race(race["id"])["setup"]["entries"][0]["full_name"], "Ada Lovelace")
        self.assertIn(race["id"], [r["id"] for r in self.server.races()])
        self.assertTrue(all(lap["lap_duration_ms"] > 0 for lap in laps))

    def test_refusals_and_closes_are_errors(self):
        with self.assertRaisesRegex(lightsout.LightsOutError, "model.pace.noise_s"):
            self.server.order(circuit="kartwerk", model={"pace": {"noise_s": -1}})
        with self.assertRaisesRegex(lightsout.LightsOutError, "no such race") as caught:
            list(self.server.stream("none"))
        self.assertEqual(caught.exception.code, 4404)


class MsgPack(unittest.TestCase):
    def test_every_kind_of_value(self):
        for data, want in (
            ("00", 0), ("7f", 127), ("ff", -1), ("c0", None), ("c3", True), ("cc80", 128), ("cd0100", 256), ("d1ff00", -256),
            ("cfffffffffffffffff", 2**64 - 1), ("d38000000000000000", -(2**63)), ("cb3ff0000000000000", 1.0), ("a3616263", "abc"),
            ("c40201ff", b"\x01\xff"), ("9301c2a0", [1, False, ""]), ("81a16b9101", {"k": [1]}), ("dc000101", [1]), ("de0000", {}),
        ):
            self.assertEqual(unpack(bytes.fromhex(data)), want, data)
        for data in ("a3616", "0000", "c1"):
            with self.assertRaises((ValueError, IndexError)):
                unpack(bytes.fromhex(data if len(data) % 2 == 0 else data + "0"))


if __name__ == "__main__":
    unittest.main()
