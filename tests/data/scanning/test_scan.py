"""Scanning: every file accounted for, nothing but regular files opened."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest
from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.data.index import natural
from workbench.data.scanning.scan import picture_files, scan


def test_classes_are_folders_in_natural_order(folder: Path) -> None:
    index = scan(folder)
    assert index.classes == ("9", "10", "cats")
    assert index.class_counts().tolist() == [8, 6, 4]
    assert [item.path for item in index.items[:2]] == ["9/0.jpg", "9/1.jpg"]
    assert all((item.height, item.width) == (48, 64) for item in index.items)
    assert index.bad == ()
    assert all(item.bytes == index.file(i).stat().st_size for i, item in enumerate(index.items))


def test_natural_order() -> None:
    names = ["b2", "B10", "a", "10", "9", "b1", "x9y10", "x9y9", "é"]
    assert sorted(names, key=natural) == ["9", "10", "a", "b1", "b2", "B10", "x9y9", "x9y10", "é"]


def test_deeper_folders_are_flattened_into_their_class(folder: Path) -> None:
    deep = folder / "cats" / "at home" / "2024"
    deep.mkdir(parents=True)
    shutil.copy(folder / "cats" / "0.jpg", deep / "0.jpg")
    index = scan(folder)
    assert index.classes == ("9", "10", "cats")
    assert index.class_counts().tolist() == [8, 6, 5]
    assert "cats/at home/2024/0.jpg" in {item.path for item in index.items}


def test_every_hostile_file_is_listed_with_its_reason(hostile: tuple[Path, dict[str, str]]) -> None:
    folder, reasons = hostile
    index = scan(folder)
    listed = {bad.path: bad.reason for bad in index.bad}
    assert set(listed) == set(reasons)
    for path, word in reasons.items():
        assert word in listed[path], (path, listed[path])
        assert listed[path].endswith(".")
    assert index.class_counts().tolist() == [8, 6, 4]


def test_a_pipe_behind_a_picture_name_is_never_opened(folder: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(folder / "cats" / "x.jpg")
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(scan(folder)))
    thread.start()
    thread.join(20)
    assert done, "the scan hangs on a pipe"


def test_a_link_within_the_folder_counts(folder: Path) -> None:
    try:
        (folder / "cats" / "again.jpg").symlink_to(folder / "9" / "0.jpg")
    except OSError:
        pytest.skip("no links here")
    index = scan(folder)
    assert index.class_counts().tolist() == [8, 6, 5]


def test_a_root_that_is_a_link_is_followed(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert scan(link).fingerprint == scan(folder).fingerprint


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Train", "validation", "TEST"), ("training", "valid")])
def test_split_folders_beside_each_other(folder: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    root = tmp_path / "split"
    for name in names:
        shutil.copytree(folder, root / name)
    (root / "README.txt").write_text("about")
    index = scan(root)
    assert index.classes == ("9", "10", "cats")
    assert len(index) == 18 * len(names)
    assert {item.split for item in index.items} == {"train", "val", "test"} - ({"test"} if len(names) == 2 else set())
    assert [b.path for b in index.bad] == ["README.txt"]


def test_a_lone_train_folder_is_a_split(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "split" / "train")
    assert {item.split for item in scan(tmp_path / "split").items} == {"train"}


def test_a_class_may_be_called_train(folder: Path) -> None:
    shutil.copytree(folder / "9", folder / "train" / "steam")
    shutil.copytree(folder / "9", folder / "test")
    index = scan(folder)
    assert index.classes == ("9", "10", "cats", "test", "train")
    assert {item.split for item in index.items} == {None}


def test_pictures_beside_the_classes_of_a_split_have_no_class(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "split" / "train")
    shutil.copytree(folder / "9", tmp_path / "split" / "test")
    index = scan(tmp_path / "split")
    assert {item.split for item in index.items} == {"train"}
    assert [b.path for b in index.bad] == [f"test/{k}.jpg" for k in range(8)]


def test_sizes_are_as_a_person_sees_them(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(folder / "cats" / "turned.jpg", exif=exif)
    Image.new("RGB", (40, 20)).save(folder / "cats" / "turned.webp", exif=exif)
    Image.new("RGB", (40, 20)).save(folder / "cats" / "turned.tif", exif=exif)
    index = scan(folder)
    sizes = {item.path: (item.height, item.width) for item in index.items}
    assert sizes["cats/turned.jpg"] == sizes["cats/turned.webp"] == sizes["cats/turned.tif"] == (40, 20)


def test_a_header_behind_a_large_profile_is_found(folder: Path) -> None:
    Image.new("RGB", (40, 20)).save(folder / "cats" / "profile.jpg", icc_profile=bytes(200_000))
    sizes = {item.path: (item.height, item.width) for item in scan(folder).items}
    assert sizes["cats/profile.jpg"] == (20, 40)


def test_padding_after_the_picture_is_forgiven(folder: Path) -> None:
    data = (folder / "cats" / "0.jpg").read_bytes()
    (folder / "cats" / "padded.jpg").write_bytes(data + bytes(500))
    assert scan(folder).bad == ()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("data.missing", "is not there"),
        ("data.missing", "is a file"),
        ("data.empty", "There are no pictures"),
        ("data.no_classes", "2 pictures but no sub-folders"),
        ("data.one_class", "one class only (“a”)"),
        ("data.empty", "None of the 2 picture files"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(folder: Path, tmp_path: Path, code: str, words: str) -> None:
    root = tmp_path / "odd"
    (root / "a").mkdir(parents=True)
    picture = folder / "9" / "0.jpg"
    if words == "is not there":
        root = root / "gone"
    elif words == "is a file":
        root = picture
    elif "no sub-folders" in words:
        for name in "xy":
            shutil.copy(picture, root / f"{name}.jpg")
    elif "one class" in words:
        shutil.copy(picture, root / "a")
    elif "None of" in words:
        for name in "xy":
            (root / "a" / f"{name}.jpg").write_bytes(b"")
    with pytest.raises(Problem, match=words.replace("(", r"\(").replace(")", r"\)")) as caught:
        scan(root)
    assert caught.value.diagnostics[0].code == code


def test_a_folder_without_permission_is_named(folder: Path) -> None:
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("this user may read everything")
    (folder / "cats").chmod(0)
    (folder / "9" / "0.jpg").chmod(0)
    try:
        listed = scan(folder).bad
    finally:
        (folder / "cats").chmod(0o755)
    bad = {b.path: b.reason for b in listed}
    assert len(bad) == len(listed) == 2
    assert "permission" in bad["cats"]
    assert "permission" in bad["9/0.jpg"]


def test_progress_ends_at_the_total(folder: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    scan(folder, progress=lambda done, total: seen.append((done, total)))
    assert seen[0][1] is None
    assert seen[-1] == (18, 18)


def test_cancel(folder: Path) -> None:
    with pytest.raises(Problem) as caught:
        scan(folder, cancelled=lambda: True)
    assert caught.value.diagnostics[0].code == "data.cancelled"


def test_an_exception_in_progress_passes_through_and_leaves_no_thread(folder: Path) -> None:
    def progress(done: int, total: int | None) -> None:
        if total is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(folder, progress=progress)


def test_the_same_folder_gives_the_same_index(folder: Path) -> None:
    first, second = scan(folder), scan(folder)
    assert first == second
    assert first.fingerprint == second.fingerprint


def test_the_fingerprint_follows_the_files(folder: Path) -> None:
    before = scan(folder).fingerprint
    os.utime(folder / "9" / "0.jpg", ns=(1, 1))
    touched = scan(folder).fingerprint
    (folder / "9" / "0.jpg").rename(folder / "9" / "00.jpg")
    renamed = scan(folder).fingerprint
    assert len({before, touched, renamed}) == 3


def test_names_that_are_not_utf8(folder: Path) -> None:
    from workbench.data.index import printable

    try:
        (os.fsencode(folder / "cats") + b"/\xff\xfe.jpg").decode("ascii", "ignore")
        with open(os.fsencode(folder / "cats") + b"/\xff\xfe.jpg", "wb") as file:
            file.write((folder / "cats" / "0.jpg").read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    index = scan(folder)
    assert len(index) == 19
    assert index.fingerprint
    assert all(printable(item.path).encode() for item in index.items)


def test_picture_files_for_prediction(hostile: tuple[Path, dict[str, str]]) -> None:
    folder, _reasons = hostile
    found = picture_files(folder / "9")
    assert [file.name for file in found] == [f"{k}.jpg" for k in range(8)]
    assert picture_files(folder / "9" / "0.jpg") == [folder / "9" / "0.jpg"]
    assert not {"notes.txt", ".DS_Store", "._0.jpg"} & {file.name for file in picture_files(folder)}
    with pytest.raises(Problem, match="no file or folder"):
        picture_files(folder / "gone")


@pytest.mark.faults
def test_twenty_thousand_files(folder: Path, tmp_path: Path) -> None:
    data = (folder / "9" / "0.jpg").read_bytes()
    for name in range(20):
        (tmp_path / "many" / str(name)).mkdir(parents=True)
        for k in range(1000):
            (tmp_path / "many" / str(name) / f"{k}.jpg").write_bytes(data)
    index = scan(tmp_path / "many")
    assert len(index) == 20_000
    assert index.classes == tuple(str(k) for k in range(20))
