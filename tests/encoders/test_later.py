"""What is made when it is first asked for is made once, and an encoder's identity is known without torch."""

import subprocess
import sys
import threading
import time

import pytest

from synesthete import encoders
from synesthete.encoders.later import Later


def test_it_is_made_once_for_all_threads():
    made, found = [], []

    def make():
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    later = Later(make)
    threads = [threading.Thread(target=lambda: found.append(later())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and found == made * 8


def test_what_failed_is_tried_again():
    answers = iter([ValueError("not yet"), 7])

    def make():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    later = Later(make)
    with pytest.raises(ValueError, match="not yet"):
        later()
    assert later() == 7


@pytest.mark.parametrize("name", ["resnet", "musicnn", "aisfx", "synesthete"])
def test_who_asks_for_an_encoders_identity_does_not_wait_for_torch(name):
    if not encoders.is_ready(name):
        pytest.skip("its weights are not installed")
    code = (
        "import sys; from synesthete import encoders;"
        f"encoder = encoders.load({name!r});"
        "print(encoder.fingerprint, encoder.n_track_features, 'torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    own = encoders.load(name)
    assert said == [own.fingerprint, str(own.n_track_features), "False"]
