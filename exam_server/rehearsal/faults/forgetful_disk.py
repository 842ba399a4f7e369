"""A disk for SQLite that can forget what was not flushed, and that can be full.

Python's own SQLite gets another default file system (``sqlite3_vfs``): that of the system with four
functions replaced. Reads, locks and shared memory stay the system's own.
"""

import _sqlite3
import ctypes
import os
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path

from gevent import monkey

from exam_server.rehearsal.faults.unflushed import (
    CREATE,
    NOTES,
    TRUNCATE,
    WRITE,
    Change,
    Notes,
)

OK, IO_ERROR, DISK_FULL = 0, 10, 13
WITHOUT_MEMORY_MAP = 2  # version of the methods without xFetch
NAME = b"forgetful"

Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
Close = CFUNCTYPE(c_int, c_void_p)
Transfer = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)
Size = CFUNCTYPE(c_int, c_void_p, POINTER(c_int64))


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs``, version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", Open),
        ("xDelete", Delete),
        ("others", c_void_p * 14),
    )


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods``, version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("xClose", Close),
        ("xRead", Transfer),
        ("xWrite", Transfer),
        ("xTruncate", Truncate),
        ("xSync", Sync),
        ("xFileSize", Size),
        ("others", c_void_p * 12),
    )


class NoSuchDiskError(RuntimeError):
    """Python's SQLite does not let its file system be replaced on this machine."""


class ForgetfulDisk:
    """The file system of every connection that is opened after ``install``."""

    def __init__(self, is_full: Callable[[], bool]) -> None:
        self._is_full = is_full
        self._lock = monkey.get_original("_thread", "allocate_lock")()  # for native threads
        self._notes: dict[str, Notes] = {}
        self._paths: dict[int, str] = {}  # by the address of the open file
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}  # the system's own, and ours
        self._of_file: dict[int, _Methods] = {}
        library = _library()
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._own = library.sqlite3_vfs_find(None).contents
        self._vfs = _Vfs()
        ctypes.pointer(self._vfs)[0] = self._own
        self._vfs.zName = NAME
        self._vfs.pNext = None
        self._vfs.xOpen, self._vfs.xDelete = Open(self._open), Delete(self._delete)
        library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, told: int | None) -> int:
        path = _text(name)
        existed = bool(path) and Path(path).exists()
        done: int = self._own.xOpen(vfs, name, file, flags, told)
        methods = c_void_p.from_address(file)
        if done != OK or not path or not methods.value:
            return done
        self._of_file[file], ours = self._replaced(methods.value)
        self._paths[file] = path
        methods.value = ctypes.addressof(ours)
        with self._lock:
            if path not in self._notes:
                self._notes[path] = Notes(path)
            if not existed:
                self._notes[path].note(Change(CREATE, 0))
        return done

    def _replaced(self, address: int) -> tuple[_Methods, _Methods]:
        if address not in self._methods:
            own, ours = _Methods.from_address(address), _Methods()
            ctypes.pointer(ours)[0] = own
            ours.iVersion = WITHOUT_MEMORY_MAP
            ours.xClose, ours.xWrite = Close(self._close), Transfer(self._write)
            ours.xTruncate, ours.xSync = Truncate(self._truncate), Sync(self._sync)
            self._methods[address] = own, ours
        return self._methods[address]

    def _delete(self, vfs: int, name: int, in_folder: int) -> int:
        with self._lock:
            notes = self._notes.pop(_text(name), None)
            if notes is not None:
                notes.close()
                Path(_text(name) + NOTES).unlink(missing_ok=True)
        done: int = self._own.xDelete(vfs, name, in_folder)
        return done

    def _close(self, file: int) -> int:
        self._paths.pop(file)
        done: int = self._of_file.pop(file).xClose(file)
        return done

    def _write(self, file: int, content: int, length: int, place: int) -> int:
        own = self._of_file[file]
        with self._lock:
            size = _size(own, file)
            if size is None or self._is_full():
                return IO_ERROR if size is None else DISK_FULL
            old = _read(own, file, place, min(length, max(0, size - place)))
            new = ctypes.string_at(content, length)
            self._notes[self._paths[file]].note(Change(WRITE, place, size, old, new))
            done: int = own.xWrite(file, content, length, place)
        return done

    def _truncate(self, file: int, to: int) -> int:
        own = self._of_file[file]
        with self._lock:
            size = _size(own, file)
            if size is None:
                return IO_ERROR
            tail = _read(own, file, to, max(0, size - to))
            self._notes[self._paths[file]].note(Change(TRUNCATE, to, size, tail))
            done: int = own.xTruncate(file, to)
        return done

    def _sync(self, file: int, flags: int) -> int:
        notes = self._notes[self._paths[file]]
        with self._lock:
            covered = notes.noted
        done: int = self._of_file[file].xSync(file, flags)
        if done == OK:
            with self._lock:
                notes.strike_out(covered)
        return done


def _text(name: int | None) -> str:
    """Return a file's name; SQLite keeps the address itself, which must be passed on as it is."""
    return ctypes.string_at(name).decode() if name else ""


def _size(own: _Methods, file: int) -> int | None:
    size = c_int64()
    return size.value if own.xFileSize(file, ctypes.byref(size)) == OK else None


def _read(own: _Methods, file: int, place: int, length: int) -> bytes:
    buffer = ctypes.create_string_buffer(length)
    if length:
        own.xRead(file, ctypes.addressof(buffer), length, place)
    return buffer.raw


def _library() -> ctypes.CDLL:
    """Return the very library that Python's module uses."""
    if not hasattr(_sqlite3, "__file__"):
        raise NoSuchDiskError
    library = ctypes.CDLL(_sqlite3.__file__)
    if not hasattr(library, "sqlite3_vfs_register"):
        raise NoSuchDiskError
    return library


def is_possible() -> bool:
    """Say whether SQLite's file system can be replaced here."""
    try:
        _library()
    except (NoSuchDiskError, OSError):
        return False
    return os.name == "posix"
