"""Runs simulations of Lights Out, loads what they made, and follows races on a server."""

from ._files import load
from ._program import LightsOutError, Race, Sweep, default_race, rerun, run, sweep
from ._server import Server

__all__ = ["LightsOutError", "Race", "Server", "Sweep", "default_race", "load", "rerun", "run", "sweep"]
