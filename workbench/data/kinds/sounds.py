"""Reading sound files: how long they are, and the part of them that a network is given."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt

from workbench.catalogue.sound import samples_in
from workbench.core.words import number
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.scanning.headers import Header
from workbench.data.unreadable import open_regular

if TYPE_CHECKING:
    import soundfile

EXTENSIONS = frozenset({".wav", ".wave", ".flac", ".ogg", ".oga", ".opus"})

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
MOST_CHANNELS = 64

Waveform = npt.NDArray[np.float32]

_CUT_OFF = "The sound is cut off: the end of the file is missing."
_DAMAGED = "The sound is damaged and cannot be decoded."
_NOT_A_SOUND = "It is not a sound, or of a kind that is not read here (WAV, FLAC, Ogg)."
_PAGE = 1 << 17
_END_OF_STREAM = 4
_UNKNOWN_SIZE = 0xFFFFFFFF


def read_header(path: str | Path) -> Header:
    """Checks one file; its `width` is how many milliseconds it lasts. Raises `UnreadablePicture`.

    Reads the beginning and the end. Damage in the middle shows when the sound is decoded.
    """
    descriptor, facts = open_regular(path)
    with open(descriptor, "rb") as file:
        try:
            _check_whole(file, facts.st_size)
            with _opened(file) as sound:
                if sound.format == "FLAC":  # it has no end mark, but its last sample can be asked for
                    sound.seek(sound.frames - 1)
                    sound.read(1)
                seconds = sound.frames / sound.samplerate
        except OSError as error:
            raise UnreadableFile.because(error) from error
        except RuntimeError as error:
            raise UnreadableFile(_CUT_OFF) from error
    return Header(min(round(seconds * 1000), 2**31 - 1), 0, facts.st_size, facts.st_mtime_ns)


def decode_sound(data: bytes, rate: int, seconds: float) -> Waveform:
    """The middle of a sound as float32 samples, exactly as many as `samples_in(seconds, rate)`.

    `data` are the bytes of its file. Channels are mixed to their mean, the rate is changed by a polyphase filter
    (`scipy.signal.resample_poly`), and what is too short stands in the middle of silence: repeating it would add a
    rhythm that is not there. Raises `UnreadablePicture`.
    """
    file = io.BytesIO(data)
    _check_whole(file, len(data))
    try:
        with _opened(file) as sound:
            taken, own_rate = _middle(sound, seconds), int(sound.samplerate)
    except RuntimeError as error:
        raise UnreadableFile(_DAMAGED) from error
    if not np.isfinite(taken).all():
        raise UnreadableFile("The sound holds values that are infinite or not numbers.")
    return fitted(resampled(taken, own_rate, rate), samples_in(seconds, rate))


def resampled(samples: Waveform, from_rate: int, to_rate: int) -> Waveform:
    """The same sound at another rate; pitches that the new one cannot hold are filtered out."""
    if from_rate == to_rate:
        return samples
    from scipy.signal import resample_poly  # type: ignore[import-untyped]  # it comes with scikit-learn

    common = math.gcd(from_rate, to_rate)
    return np.asarray(resample_poly(samples, to_rate // common, from_rate // common), np.float32)


def fitted(samples: Waveform, length: int) -> Waveform:
    """The middle `length` samples, or all of them in the middle of silence."""
    if len(samples) >= length:
        start = (len(samples) - length) // 2
        return samples[start : start + length]
    row = np.zeros(length, np.float32)
    start = (length - len(samples)) // 2
    row[start : start + len(samples)] = samples
    return row


def _middle(sound: soundfile.SoundFile, seconds: float) -> Waveform:
    """As much of the middle as is needed, one channel."""
    wanted = math.ceil(seconds * sound.samplerate)
    start = max(0, (sound.frames - wanted) // 2)
    sound.seek(start)
    frames = sound.read(min(wanted, sound.frames), dtype="float32", always_2d=True)
    if not len(frames):
        raise UnreadableFile(_CUT_OFF)
    return np.asarray(frames.mean(axis=1, dtype=np.float32), np.float32)


def _opened(file: BinaryIO) -> soundfile.SoundFile:
    """The sound in a file; `RuntimeError` from the decoder is the caller's to name."""
    import soundfile

    file.seek(0)
    try:
        sound = soundfile.SoundFile(file)
    except (RuntimeError, TypeError, ValueError) as error:  # hostile bytes
        raise UnreadableFile(_DAMAGED) from error
    if sound.frames < 1:
        sound.close()
        raise UnreadableFile("The sound has no length.")
    if not LOWEST_RATE <= sound.samplerate <= HIGHEST_RATE:
        rate = sound.samplerate
        sound.close()
        raise UnreadableFile(
            f"The sound claims a rate of {number(rate)} Hz; rates from {number(LOWEST_RATE)} to {number(HIGHEST_RATE)} "
            "are read."
        )
    if sound.channels > MOST_CHANNELS:
        channels = sound.channels
        sound.close()
        raise UnreadableFile(f"The sound has {number(channels)} channels; at most {MOST_CHANNELS} are read.")
    return sound


def _check_whole(file: BinaryIO, size: int) -> None:
    """Raises `UnreadableFile` for other formats, and where the file's own bookkeeping says that its end is missing."""
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        _check_wave(file, size)
    elif head[:4] == b"OggS":
        _check_ogg(file, size)
    elif head[:4] not in (b"fLaC", b"RF64"):
        if head and all(byte >= 32 or byte in b"\t\r\n" for byte in head):
            raise UnreadableFile("It is not a sound: the file holds text.")
        raise UnreadableFile(_NOT_A_SOUND)


def _check_wave(file: BinaryIO, size: int) -> None:
    """The data chunk must lie within the file (Multimedia Programming Interface 1.0, "RIFF WAVE")."""
    at = 12
    while at + 8 <= size:
        file.seek(at)
        chunk = file.read(8)
        length = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            if length == _UNKNOWN_SIZE:  # written to a pipe: until the end of the file
                return
            if at + 8 + length > size:
                raise UnreadableFile(_CUT_OFF)
            return
        at += 8 + length + length % 2
    raise UnreadableFile(_CUT_OFF)


def _check_ogg(file: BinaryIO, size: int) -> None:
    """The last page must be whole and say that it is the last (RFC 3533, section 6)."""
    file.seek(max(0, size - _PAGE))
    tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at:] if at >= 0 else b""
    if len(page) < 27 or not page[5] & _END_OF_STREAM:
        raise UnreadableFile(_CUT_OFF)
    segments = page[27 : 27 + page[26]]
    if len(segments) < page[26] or 27 + len(segments) + sum(segments) > len(page):
        raise UnreadableFile(_CUT_OFF)


_GROUND, _INK = (36, 40, 46), (122, 186, 232)


def envelope(samples: Waveform, edge: int) -> npt.NDArray[np.uint8]:
    """The outline of a sound as a small picture, uint8 (edge / 2) × edge × 3: its lowest and highest sample in each
    column, the loudest filling the height."""
    height, width = max(2, edge // 2), max(1, edge)
    picture = np.empty((height, width, 3), np.uint8)
    picture[...] = _GROUND
    if not len(samples):
        return picture
    ends = np.linspace(0, len(samples), width + 1).astype(np.int64)
    starts = np.minimum(ends[:-1], len(samples) - 1)
    high, low = np.maximum.reduceat(samples, starts), np.minimum.reduceat(samples, starts)
    loudest = max(float(np.abs(samples).max(initial=0.0)), 1e-4)
    middle = (height - 1) / 2
    tops = np.rint(middle - high / loudest * middle).astype(np.int64)
    bottoms = np.rint(middle - low / loudest * middle).astype(np.int64)
    rows = np.arange(height)[:, None]
    picture[(rows >= np.minimum(tops, round(middle))) & (rows <= np.maximum(bottoms, round(middle)))] = _INK
    return picture
