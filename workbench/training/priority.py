"""The training thread steps back: the window and other programs come first when they want the processor."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

NICE = 10
_WINDOWS_BELOW_NORMAL = -1
_MACOS_UTILITY = 0x11  # QOS_CLASS_UTILITY


def lower_priority() -> None:
    """Lower the calling thread's priority; call it before the thread's first torch call.

    OpenMP starts its threads from here, and on Linux they inherit the niceness. Where a system refuses, the thread goes
    on as it is.
    """
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux a thread has its own niceness
        elif sys.platform == "darwin":
            import ctypes

            ctypes.CDLL(None).pthread_set_qos_class_self_np(_MACOS_UTILITY, 0)
        elif sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.GetCurrentThread.restype = ctypes.c_void_p
            kernel.SetThreadPriority.argtypes = (ctypes.c_void_p, ctypes.c_int)
            kernel.SetThreadPriority(kernel.GetCurrentThread(), _WINDOWS_BELOW_NORMAL)
