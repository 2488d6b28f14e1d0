"""Files are written whole or not at all."""

import stat
import threading

import pytest

from synesthete.files import write_atomically


def test_the_folder_is_made_and_everybody_may_read(tmp_path):
    path = tmp_path / "a" / "b" / "x.index"
    with write_atomically(path) as file:
        file.write(b"new")
        assert not path.exists(), "nothing is there before it is whole"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_broken_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "x.index"
    path.write_bytes(b"old")
    with pytest.raises(error), write_atomically(path) as file:
        file.write(b"half of the n")
        file.flush()
        assert path.read_bytes() == b"old"
        raise error
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_two_writers_at_once_each_write_a_whole_file(tmp_path):
    path, both = tmp_path / "x.index", threading.Barrier(2, timeout=10)

    def write(content: bytes) -> None:
        with write_atomically(path) as file:
            file.write(content[:1])
            both.wait()
            file.write(content[1:])

    threads = [threading.Thread(target=write, args=(letter * 1000,)) for letter in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in (b"a" * 1000, b"b" * 1000)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError), write_atomically(tmp_path / "file" / "x"):
        pytest.fail("there is nowhere to write")
