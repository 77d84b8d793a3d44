"""Spoken digits, formed by a seeded program: zero to nine as sequences of vowels, hisses and stops.

Each sound is a function of its number alone. A voice is a sum of harmonics under three resonances (formants), whose
targets for the vowels are the averages of Peterson and Barney, "Control methods used in a study of the vowels", JASA
1952, table II (men); hisses and stops are noise of a band. The voice's pitch, its length of throat, pace, loudness and
place in the second vary independently of the digit, and so do the microphone, the noise around, and hisses and hums of
the room, which sound like parts of other digits.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 8_000
PER_CLASS = 120
CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Track = npt.NDArray[np.float64]

_STEP = RATE // 500
"""Samples between two values of a track: 2 ms."""
_SMOOTH = 13
"""Values over which tracks glide from sound to sound: 26 ms."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One sound of speech: how long, formants in hertz (from, to), loudness of voice and noise, the noise's band."""

    milliseconds: float
    begin: tuple[float, float, float] = (500, 1500, 2500)
    end: tuple[float, float, float] | None = None
    voice: float = 1.0
    noise: float = 0.0
    centre: float = 3000
    width: float = 800


_PHONES = {
    "i": Phone(170, (270, 2290, 3010)),
    "I": Phone(110, (390, 1990, 2550)),
    "E": Phone(120, (530, 1840, 2480)),
    "V": Phone(140, (640, 1190, 2390)),
    "O": Phone(170, (570, 840, 2410)),
    "u": Phone(200, (300, 870, 2240)),
    "@": Phone(70, (500, 1350, 2400)),
    "aI": Phone(230, (730, 1090, 2440), (320, 2150, 2800)),
    "eI": Phone(200, (480, 1880, 2500), (290, 2250, 2950)),
    "oU": Phone(210, (500, 900, 2350), (340, 850, 2250)),
    "w": Phone(70, (300, 610, 2200), voice=0.6),
    "r": Phone(80, (330, 1060, 1500), voice=0.7),
    "n": Phone(110, (250, 1300, 2600), voice=0.35),
    "v": Phone(70, (280, 1100, 2300), voice=0.35, noise=0.05, centre=2600, width=1300),
    "z": Phone(90, (280, 1700, 2500), voice=0.3, noise=0.16, centre=3700, width=500),
    "s": Phone(130, voice=0.0, noise=0.28, centre=3700, width=450),
    "f": Phone(110, voice=0.0, noise=0.10, centre=2700, width=1300),
    "T": Phone(100, voice=0.0, noise=0.07, centre=2200, width=1200),
    "-": Phone(55, voice=0.0),
    "t": Phone(28, voice=0.0, noise=0.35, centre=3300, width=700),
    "k": Phone(30, voice=0.0, noise=0.30, centre=1900, width=450),
}
_WORDS = {
    "zero": "z I r oU",
    "one": "w V n",
    "two": "- t u",
    "three": "T r i",
    "four": "f O r",
    "five": "f aI v",
    "six": "s I - k s",
    "seven": "s E v @ n",
    "eight": "eI - t",
    "nine": "n aI n",
}


def sounds() -> Iterator[tuple[str, bytes]]:
    """(path, bytes of a WAV) of all sounds, the classes taking turns."""
    for i in range(PER_CLASS):
        for k, name in enumerate(CLASSES):
            yield f"{name}/{i:03d}.wav", as_wav(spoken(name, seed=i * len(CLASSES) + k))


def as_wav(samples: Track) -> bytes:
    """One channel of 16 bits, from samples in -1..1."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def spoken(name: str, seed: int) -> Track:
    """One digit in a second of 8,000 samples in -1..1."""
    rng = np.random.default_rng([52019, seed])
    throat, pace = rng.uniform(0.82, 1.24), rng.uniform(0.6, 1.2)
    pitch = rng.uniform(85, 230) * throat
    phones = [_PHONES[symbol] for symbol in _WORDS[name].split()]
    lengths = [max(8, round(p.milliseconds * pace * rng.uniform(0.8, 1.25) / 2)) for p in phones]
    formants, voice = _tracks(rng, phones, lengths, throat)
    word = _voiced(rng, formants, voice, pitch) + _hissed(rng, phones, lengths, throat)
    word *= rng.uniform(0.25, 0.8) / np.abs(word).max()
    second = np.zeros(RATE)
    word = word[:RATE]
    start = int(rng.uniform(0, RATE - len(word) + 1))
    second[start : start + len(word)] = word
    for _ in range(int(rng.integers(0, 4))):
        _add_noise_of_the_room(rng, second)
    hiss, hum = rng.normal(0, 1, RATE), np.cumsum(rng.normal(0, 1, RATE))
    hum = (hum - np.convolve(hum, np.ones(400) / 400, "same")) / 15
    return _through_microphone(rng, second + 10 ** rng.uniform(-2.4, -1.3) * (hiss + hum))


def _add_noise_of_the_room(rng: np.random.Generator, second: Track) -> None:
    """A hiss, a click or a hum somewhere, as loud as parts of the word are."""
    n = int(rng.uniform(0.02, 0.25) * RATE)
    start, loudness = int(rng.uniform(0, RATE - n)), 0.15 * np.abs(second).max() * rng.uniform(0.3, 1)
    if rng.random() < 0.7:
        phone = Phone(0, noise=1.0, centre=rng.uniform(1500, 3900), width=rng.uniform(400, 1200))
        noise = _hissed(rng, [phone], [n // _STEP], 1.0)
    else:
        formants = [np.full(n // _STEP, f * rng.uniform(0.7, 1.4)) for f in (450, 1500, 2500)]
        noise = 4 * _voiced(rng, formants, np.hanning(n // _STEP), rng.uniform(80, 240))
    second[start : start + len(noise)] += loudness * noise / max(np.abs(noise).max(), 1e-9)


def _through_microphone(rng: np.random.Generator, second: Track) -> Track:
    """Every pitch as loud as this microphone hears it: a smooth curve of up to 12 dB up or down; never too loud."""
    spectrum = np.fft.rfft(second)
    bends = np.interp(np.arange(len(spectrum)), np.linspace(0, len(spectrum), 6), rng.normal(0, 4, 6).clip(-12, 12))
    heard = np.fft.irfft(spectrum * 10 ** (bends / 20), len(second))
    return np.asarray(heard * min(1.0, 0.95 / np.abs(heard).max()))


def _tracks(
    rng: np.random.Generator, phones: list[Phone], lengths: list[int], throat: float
) -> tuple[list[Track], Track]:
    """The three formants in hertz and the loudness of the voice, a value every 2 ms, gliding from sound to sound."""
    strange = rng.normal(1, 0.05, (len(phones), 3))
    parts: list[list[Track]] = [[], [], []]
    for phone, length, off in zip(phones, lengths, strange, strict=True):
        for k, part in enumerate(parts):
            last = phone.begin[k] if phone.end is None else phone.end[k]
            part.append(np.linspace(phone.begin[k], last, length) * off[k] * throat)
    voice = np.concatenate([np.full(n, p.voice) for p, n in zip(phones, lengths, strict=True)])
    return [_glided(np.concatenate(part)) for part in parts], _glided(voice, 0.0)


def _voiced(rng: np.random.Generator, formants: list[Track], voice: Track, pitch: float) -> Track:
    """Harmonics of a falling pitch, each as loud as the resonances at its frequency let it be."""
    n = len(voice)
    wander = np.cumsum(rng.normal(0, 0.002, n))
    f0 = pitch * (np.linspace(1.08, 0.88, n) + wander - wander.mean())
    times = np.arange(n * _STEP) / _STEP
    at = np.arange(n)
    phase = 2 * np.pi * np.cumsum(np.interp(times, at, f0)) / RATE
    sound = np.zeros(n * _STEP)
    for h in range(1, int(0.95 * RATE / 2 / f0.max()) + 1):
        gain = voice / h**1.1
        for formant, width in zip(formants, (70, 100, 150), strict=True):
            x = h * f0 / formant
            gain = gain / np.sqrt((1 - x**2) ** 2 + (x * width / formant) ** 2)
        sound += np.interp(times, at, gain) * np.sin(h * phase)
    return sound / 20


def _hissed(rng: np.random.Generator, phones: list[Phone], lengths: list[int], throat: float) -> Track:
    """Noise in the band of each sound that has one."""
    parts = []
    for phone, length in zip(phones, lengths, strict=True):
        n = length * _STEP
        spectrum = np.fft.rfft(rng.normal(0, 1, n))
        frequencies = np.fft.rfftfreq(n, 1 / RATE)
        spectrum *= np.exp(-(((frequencies - phone.centre * throat) / phone.width) ** 2))
        rise = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / 60)
        parts.append(np.fft.irfft(spectrum, n) * phone.noise * rise)
    return np.concatenate(parts)


def _glided(track: Track, beyond: float | None = None) -> Track:
    """A track without jumps; `beyond` is its value outside, else that of its ends."""
    half = _SMOOTH // 2
    if beyond is None:
        padded = np.pad(track, half, mode="edge")
    else:
        padded = np.pad(track, half, constant_values=beyond)
    return np.convolve(padded, np.ones(_SMOOTH) / _SMOOTH, "valid")
