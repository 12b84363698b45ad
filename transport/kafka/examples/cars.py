"""Simulates cars: reports their passings and their telemetry, as fast as it can, to a race of real cars that has started.

    pip install kafka-python
    python cars.py kafka1:9092 lightsout RACE 5 7 8 9      # five laps of the cars 7, 8 and 9
"""

import json
import math
import random
import sys

from kafka import KafkaProducer

brokers, prefix, race, laps, *cars = sys.argv[1:]
# The key decides on the partition; kafka-python does it as Java does, by murmur2.
commands = KafkaProducer(bootstrap_servers=brokers.split(","), key_serializer=str.encode, value_serializer=lambda v: json.dumps(v).encode())
chance = random.Random(race)
at = {car: i * 500_000 for i, car in enumerate(cars)}  # microseconds since the start


def report(name, kind, items):
    """An id makes a message that is sent again harmless."""
    commands.send(f"{prefix}.commands", key=race, value={"id": f"{name} {kind}", "race": race, kind: items})


for lap in range(1, int(laps) + 1):
    for car in cars:
        began, at[car] = at[car], at[car] + int(chance.gauss(30_000_000, 200_000))
        times = range(began, at[car], 200_000)
        speeds = [60 + 20 * math.sin(math.tau * (t - began) / (at[car] - began)) for t in times]
        report(f"lap {lap} of car {car}", "samples", [
            {"driver_number": int(car), "time_us": t, "speed": round(v, 1)} for t, v in zip(times, speeds)])
        report(f"lap {lap} of car {car}", "passings", [{"driver_number": int(car), "line": 0, "time_us": at[car]}])

commands.flush()
