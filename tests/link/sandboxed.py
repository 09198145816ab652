"""What systemd's RestrictAddressFamilies does to a process: no netlink sockets any more."""

import ctypes
import errno
import os
import socket
import struct

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF
_NUMBER_AT, _FIRST_ARGUMENT_AT = 0, 16  # in struct seccomp_data, on little-endian machines
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_SOCKET = {"x86_64": 41, "aarch64": 198}


def forbid_netlink() -> None:
    """Have every socket of that family be refused from now on, as systemd has it."""
    steps = [
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_EQUAL, 0, 3, _SOCKET[os.uname().machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_EQUAL, 0, 1, socket.AF_NETLINK),
        (_RETURN, 0, 0, _REFUSE | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(program)
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(kept)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(_PR_SET_SECCOMP, _FILTER, head, 0, 0) == 0, ctypes.get_errno()
