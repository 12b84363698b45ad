"""Prints laps, standings, flags, doubtful passings and results of races, from the facts that serve --facts-format json publishes.

    pip install kafka-python
    python standings.py kafka1:9092 lightsout          # all races
    python standings.py kafka1:9092 lightsout RACE     # one race, until its result is final
"""

import json
import sys

from kafka import KafkaConsumer

brokers, prefix, *only = sys.argv[1:]
newest = {}  # by race: what came last
orders = {}  # by race: the drivers by position
facts = KafkaConsumer(f"{prefix}.facts", bootstrap_servers=brokers.split(","), auto_offset_reset="earliest")

for message in facts:
    fact = json.loads(message.value)
    race, at = fact["race"], (fact["seq"], fact["index"])
    if only and race not in only or at <= newest.get(race, (0, 0)):
        continue  # a processor that takes over may publish the last facts again
    newest[race] = at
    order = orders.setdefault(race, [])
    line = None
    match fact["type"]:
        case "order":
            order[fact["from"] - 1 : fact["from"] - 1 + len(fact["driver_numbers"])] = fact["driver_numbers"]
            line = "order " + " ".join(map(str, order))
        case "lap":
            line = f"lap {fact['lap_number']} of car {fact['driver_number']}: {fact['lap_duration_ms']} ms, position {fact['position']}"
        case "event" if fact["kind"] == "flag":
            line = f"flag {fact['flag']} at {fact['time_ms']} ms"
        case "passing" if fact["verdict"] != "accepted":
            line = f"passing {fact['passing']} is {fact['verdict']}: {fact['reason']}"
        case "result":
            places = " ".join(f"{c['position'] or '-'}:{c['driver_number']}" for c in fact["classification"])
            line = f"result {fact['version']} ({fact['status']}) {places}"
    if line:
        print(race, line, flush=True)
    if only and fact["type"] == "result" and fact["final"]:
        break

facts.close()
