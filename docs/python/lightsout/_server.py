"""Asks and follows a server."""

import json
import struct
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode

from ._msgpack import unpack
from ._program import LightsOutError
from ._websocket import Closed, WebSocket

_STATES = ("waiting", "running", "paused", "finished", "failed")
_FLAGS = ("clear", "yellow", "safety_car", "virtual_safety_car", "red", "chequered")
_TYRES = ("unknown", "soft", "medium", "hard")
_LAP = ("car", "lap_number", "lap_duration_ms", "s1_ms", "s2_ms", "s3_ms", "end_ms", "position", "compound", "tyre_age",
        "is_pit_in_lap", "is_pit_out_lap")
_CLASSIFIED = ("position", "car", "laps", "status", "duration_ms", "gap_ms", "gap_laps", "interval_ms", "penalty_ms", "best_lap_ms",
               "best_lap", "reason")
_TYPES = {1: "snapshot", 2: "facts", 3: "frame", 4: "pulse", 5: "ops", 6: "cars"}


class Server:
    """A server. token is needed for orders if it asks for one."""

    def __init__(self, url="http://127.0.0.1:8080", token=None, timeout=30):
        self.url, self.token, self.timeout = url.rstrip("/"), token, timeout

    def _ask(self, method, path, body=None, **query):
        url = f"{self.url}/api/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            said = refused.read().decode("utf-8", "replace")
            raise LightsOutError(f"{method} {path}: {refused.code} {said}", refused.code) from None

    def order(self, **race):
        """Orders a simulated race; the fields are those of a race file, and start."""
        return self._ask("POST", "races", race)

    def races(self, **query):
        return self._ask("GET", "races", **query)["races"]

    def race(self, race_id):
        return self._ask("GET", f"races/{quote(race_id)}")

    def classification(self, race_id):
        return self._ask("GET", f"races/{quote(race_id)}/classification")

    def entries(self, race_id):
        return self._ask("GET", f"races/{quote(race_id)}/entries")

    def laps(self, race_id, **query):
        return self._ask("GET", f"races/{quote(race_id)}/laps", **query)

    def stream(self, race_id, after=None):
        """Follows a race until its result is final: dicts with a `type`, as transport/WIRE.md describes them.

        snapshot has race, entries, status, order and result; facts have what followed: laps, order, result and status. `raw` is the
        message as it came. after is the seq of the last message that was seen, to go on from there.
        """
        query = f"?from={after}" if after is not None else ""
        headers = [("Authorization", f"Bearer {self.token}")] if self.token else []
        live = WebSocket(f"ws{self.url[4:]}/live/{quote(race_id)}{query}", headers, self.timeout)
        follower = _Follower()
        try:
            for data in live:
                message = follower.see(unpack(data))
                yield message
                if message["type"] in ("snapshot", "facts") and follower.over():
                    return
        except Closed as closed:
            raise LightsOutError(f"race {race_id}: {closed}", closed.code) from None
        finally:
            live.close()


class _Follower:
    """Folds messages: what a spectator knows."""

    def __init__(self):
        self.entries, self.order, self.status, self.result = [], [], None, None

    def over(self):
        return self.status in ("finished", "failed") and self.result is not None

    def see(self, raw):
        kind = _TYPES.get(raw[1], "unknown")
        out = {"type": kind, "raw": raw}
        if kind == "snapshot":
            self.entries = [dict(zip(("driver_number", "name_acronym", "full_name", "team_name", "team_colour", "grid_position"), e)) for e in raw[5]]
            self.order = list(struct.unpack(f"<{len(raw[7]) // 4}I", raw[7]))
            self._head(raw[6])
            self.result = self._result(raw[10])
            out.update(seq=raw[2], time_us=raw[3], race=raw[4], entries=self.entries)
        elif kind == "facts":
            out.update(seq=raw[2], time_us=raw[3], laps=[])
            for fact in raw[4]:
                self._fact(fact, out)
        elif kind == "frame":
            out.update(tick=raw[2], time_us=raw[3])
        if kind in ("snapshot", "facts"):
            out.update(status=self.status, order=[self._number(c) for c in self.order], result=self.result)
        return out

    def _number(self, car):
        return self.entries[car]["driver_number"] if car < len(self.entries) else None

    def _head(self, head):
        self.status, self.flag = _STATES[head[0]], _FLAGS[head[1]]

    def _fact(self, fact, out):
        if fact[0] == 2:
            cars = struct.unpack(f"<{len(fact[2]) // 4}I", fact[2])
            self.order[fact[1] : fact[1] + len(cars)] = cars
        elif fact[0] == 3:
            lap = dict(zip(_LAP, fact[1]))
            lap["compound"], lap["driver_number"] = _TYRES[lap["compound"]], self._number(lap["car"])
            out["laps"].append(lap)
        elif fact[0] == 5:
            self._head(fact[1])
        elif fact[0] == 6:
            self.result = self._result(fact[1])

    def _result(self, result):
        if result is None:
            return None
        lines = [dict(zip(_CLASSIFIED, line)) for line in result[1]]
        for line in lines:
            line["driver_number"] = self._number(line["car"])
        return {"final": result[0], "classification": lines, "state_hash": result[2]}
