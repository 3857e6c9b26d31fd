"""Orphaned workers: a worker process ends when its parent was killed, and frees the port."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.process import BaseProcess
from threading import Thread


def end_with_parent() -> None:
    """Stop this process, as SIGTERM does, once its parent is gone; nothing where it has none."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
