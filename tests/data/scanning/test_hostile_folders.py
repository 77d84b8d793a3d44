"""Folders that are odd on purpose, or change while they are read: every file is accounted for, nothing hangs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.decoding.formats import is_ignored
from workbench.data.index import Index
from workbench.data.scanning.scan import scan

DENIED = " (permission denied)."

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX names, links and permissions")


def reasons(index: Index) -> dict[str, str]:
    assert len({bad.path for bad in index.bad}) == len(index.bad)
    return {bad.path: bad.reason for bad in index.bad}


def accounted(root: Path, index: Index) -> None:
    """Every file that is not ignored is a sample or bad, or stands in a folder that is bad, and no file is both."""
    good, bad = set(index.paths), set(reasons(index))
    assert len(good) == len(index)
    assert not good & bad
    for at, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_ignored(name)]
        for name in names:
            if not is_ignored(name):
                path = (Path(at) / name).relative_to(root)
                told = {path.as_posix(), *(parent.as_posix() for parent in path.parents)}
                assert told & (good | bad), path


def scanned(root: Path) -> Index | str:
    """The index, or the code of the problem."""
    try:
        return scan(root)
    except Problem as problem:
        return problem.diagnostics[0].code


# --- what is there ----------------------------------------------------------------------------------------------------

FOLDERS = st.sampled_from(
    ["", "a", "b", "train", "val", "train/a", "train/b", "val/a", "a/deep", "a/deep/er", ".hidden"]
)
FILES = st.tuples(FOLDERS, st.sampled_from(["1", "2", "é", "x y"]), st.sampled_from(["jpg", "JPG", "txt", "", "png"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.sets(FILES, max_size=14), st.data())
def test_any_tree_is_accounted_for(folder: Path, files: set[tuple[str, str, str]], data: st.DataObject) -> None:
    picture = (folder / "9" / "0.jpg").read_bytes()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        for at, stem, extension in sorted(files):
            (root / at).mkdir(parents=True, exist_ok=True)
            good = data.draw(st.booleans())
            (root / at / f"{stem}.{extension}".rstrip(".")).write_bytes(picture if good else b"nothing")
        index = scanned(root)
        if isinstance(index, str):
            assert index in ("data.empty", "data.one_class", "data.no_classes")
            return
        accounted(root, index)
        assert index.class_counts().sum() == len(index)
        assert index.class_counts().min() > 0


@posix
def test_names_with_anything_in_them(folder: Path) -> None:
    picture = (folder / "9" / "0.jpg").read_bytes()
    odd = [b"new\nline.jpg", b"\x1b[2J.jpg", b"-rf.jpg", b"@2", b"a#7.jpg", b"\xff\xfe.jpg", b" .jpg", b"%s{0}.jpg"]
    odd += [
        "\u202egpj.jpg".encode(),
        b"\\back\\slash.jpg",
        b"q" * 251 + b".jpg",
        b"caf\xc3\xa9.jpg",
        b"cafe\xcc\x81.jpg",
    ]
    cats = os.fsencode(folder / "cats")
    for name in odd:
        with open(cats + b"/" + name, "wb") as file:
            file.write(picture)
    os.mkdir(os.fsencode(folder) + b"/\xff\nclass")
    shutil.copy(folder / "9" / "0.jpg", os.fsencode(folder) + b"/\xff\nclass/0.jpg")
    index = scan(folder)
    accounted(folder, index)
    assert len(index) == 18 + len(odd) - 1 + 1  # "@2" has no extension
    assert reasons(index) == {
        "cats/@2": "It is not a picture: its extension is none of a picture format that is read here."
    }
    assert all(index.file(i).is_file() and index.find(index.path(i)) == i for i in range(len(index)))
    assert all(name.encode() for name in index.classes)
    assert scan(folder).fingerprint == index.fingerprint


@posix
def test_two_hundred_levels_and_more_than_any_path_can_have(folder: Path) -> None:
    deep = folder / "cats"
    for level in range(200):
        deep /= f"level {level}"
    deep.mkdir(parents=True)
    shutil.copy(folder / "9" / "0.jpg", deep)
    here = os.getcwd()
    os.chdir(folder / "10")
    try:  # deeper than a path may be long: made step by step, for no path leads there
        for _level in range(30):
            os.mkdir("x" * 200)
            os.chdir("x" * 200)
        Path("0.jpg").write_bytes(b"")
    finally:
        os.chdir(here)
    index = scan(folder)
    assert index.class_counts().tolist() == [8, 6, 5]
    (bad,) = index.bad
    assert bad.path.startswith("10/xxx")
    assert "too long" in bad.reason or "too deep" in bad.reason


@posix
def test_links_in_circles(folder: Path) -> None:
    (folder / "cats" / "up").symlink_to(folder)
    (folder / "cats" / "self").symlink_to(folder / "cats")
    (folder / "around").symlink_to(folder / "cats" / "up" / "around")
    (folder / "a.jpg").symlink_to(folder / "b.jpg")
    (folder / "b.jpg").symlink_to(folder / "a.jpg")
    index = scan(folder)
    assert len(index) == 18
    found = reasons(index)
    assert {path: "link to a folder" in reason for path, reason in found.items()} == {
        "cats/up": True, "cats/self": True, "around": False, "a.jpg": False, "b.jpg": False,
    }  # fmt: skip
    assert all("nowhere" in found[path] for path in ("around", "a.jpg", "b.jpg"))


@posix
def test_what_only_looks_like_a_file(folder: Path) -> None:
    (folder / "cats" / "folder.jpg").mkdir()
    shutil.copy(folder / "9" / "0.jpg", folder / "cats" / "folder.jpg" / "1.jpg")
    os.mkfifo(folder / "cats" / "pipe")
    os.mkfifo(folder / "pipe.jpg")
    index = scan(folder)
    assert "cats/folder.jpg/1.jpg" in index.paths
    assert set(reasons(index)) == {"cats/pipe", "pipe.jpg"}
    assert all("pipe" in reason for reason in reasons(index).values())


@posix
def test_what_may_not_be_read(folder: Path) -> None:
    """As another user than the one the files belong to, since the superuser may read everything."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can become another user; `test_scan` has this for all others")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "pictures"
        shutil.copytree(folder, root)
        os.chmod(place, 0o755)
        os.chmod(root / "cats", 0)
        os.chmod(root / "9" / "0.jpg", 0)
        shutil.copytree(root / "10", root / "locked")
        os.chmod(root / "locked", 0o744)  # its names can be listed, its files not be opened
        code = (
            "import os, sys; from workbench.data.scanning.scan import scan; import workbench.data.kinds\n"
            "os.environ['WORKBENCH_HOME'] = sys.argv[2]; os.setgid(65534); os.setuid(65534)\n"
            "found = scan(sys.argv[1])\n"
            "print(len(found), *(f'{b.path}: {b.reason}' for b in found.bad), sep='\\n')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(root), place], capture_output=True, text=True, timeout=60, check=True
        )
    denied = [f"9/0.jpg: The file may not be read{DENIED}", f"cats: The folder may not be read{DENIED}"]
    locked = [f"locked/{k}.jpg: The file may not be read{DENIED}" for k in range(6)]
    none = ["locked: The folder holds no usable pictures, so it is not a class."]
    assert done.stdout.splitlines() == ["13", *denied, *none, *locked]


# --- what changes meanwhile -------------------------------------------------------------------------------------------


def when_listed(act: Callable[[], None]) -> Callable[[int, int | None], None]:
    """A progress that acts once all is listed and nothing was opened yet."""
    calls: list[int] = []

    def progress(_done: int, total: int | None) -> None:
        calls.append(1)
        if total is None and len(calls) == 3:  # the walk's own, the listing's, the order's
            act()

    return progress


def test_files_that_go_away_are_told_of(folder: Path) -> None:
    def act() -> None:
        (folder / "cats" / "0.jpg").unlink()
        shutil.rmtree(folder / "10")

    index = scan(folder, progress=when_listed(act))
    assert index.classes == ("9", "cats")
    assert index.class_counts().tolist() == [8, 3]
    found = reasons(index)
    assert {path for path, reason in found.items() if "no longer there" in reason} == {
        "cats/0.jpg", *(f"10/{k}.jpg" for k in range(6)),
    }  # fmt: skip
    assert "not a class" in found["10"]


def test_the_whole_folder_goes_away(folder: Path) -> None:
    with pytest.raises(Problem, match="None of the 18 picture files"):
        scan(folder, progress=when_listed(lambda: shutil.rmtree(folder)))


@posix
def test_files_that_turn_into_something_else(folder: Path) -> None:
    def act() -> None:
        for name in ("0.jpg", "1.jpg", "2.jpg"):
            (folder / "cats" / name).unlink()
        os.mkfifo(folder / "cats" / "0.jpg")
        (folder / "cats" / "1.jpg").mkdir()
        (folder / "cats" / "2.jpg").write_bytes(b"text now, and no picture any more")

    found = reasons(scan(folder, progress=when_listed(act)))
    assert "pipe" in found["cats/0.jpg"]
    assert "folder" in found["cats/1.jpg"]
    assert "text" in found["cats/2.jpg"]


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_cancel_holds_in_every_phase(folder: Path, calls: int) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) >= calls

    with pytest.raises(Problem) as caught:
        scan(folder, cancelled=cancelled)
    assert caught.value.diagnostics[0].code == "data.cancelled"


@pytest.mark.faults
def test_a_folder_that_is_stirred_all_the_while(folder: Path) -> None:
    """Another process adds, renames and removes files and folders; whatever the moment, nothing raises or hangs."""
    code = (
        "import os, random, shutil, sys, time\n"
        "root, data = sys.argv[1], open(sys.argv[2], 'rb').read()\n"
        "end = time.monotonic() + 8\n"
        "while time.monotonic() < end:\n"
        "    at = os.path.join(root, random.choice(['9', '10', 'cats', 'new', 'new/er']))\n"
        "    name = os.path.join(at, f'{random.randrange(300)}.jpg')\n"
        "    try:\n"
        "        match random.randrange(6):\n"
        "            case 0 | 1 | 2: os.makedirs(at, exist_ok=True); open(name, 'wb').write(data)\n"
        "            case 3: os.unlink(name)\n"
        "            case 4: os.rename(name, name + 'x')\n"
        "            case 5 if random.random() < 0.05: shutil.rmtree(at)\n"
        "    except OSError: pass\n"
    )
    kept = folder.parent / "kept.jpg"
    shutil.copy(folder / "9" / "0.jpg", kept)
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), str(kept)])
    scans = 0
    try:
        while process.poll() is None:
            index = scanned(folder)
            if isinstance(index, Index):
                assert index.class_counts().sum() == len(index)
                reasons(index)
            scans += 1
    finally:
        process.kill()
        process.wait()
    assert scans > 5
    index = scanned(folder)
    if isinstance(index, Index):
        accounted(folder, index)
