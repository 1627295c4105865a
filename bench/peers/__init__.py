"""The same job by what a user would pick instead, each in a virtual environment of its own."""

from bench.peers.run import PEERS, measure

__all__ = ["PEERS", "measure"]
