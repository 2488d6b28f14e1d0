"""The projections of the fusion, fitted to recordings and a phone."""

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.audio import Clip, Excerpt
from synesthete.encoders import fusion
from synesthete.encoders.fusion import Fusion
from synesthete.encoders.weights import Weights, read
from synesthete.errors import OptionError
from synesthete.training import fusion_fit
from synesthete.training.fusion_fit import ComponentPlan, features_through_phone, fit_component

RATE = 22_050


def music(seed, n_seconds=20.0):
    rng = np.random.default_rng(seed)
    seconds = np.arange(round(n_seconds * RATE)) / RATE
    pitch = rng.choice(110 * 2 ** (np.arange(24) / 12), size=int(2 * n_seconds) + 1)[(2 * seconds).astype(int)]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 6)) * np.exp(-4 * (seconds % 0.5))
    return (0.2 * tone + 0.003 * rng.standard_normal(seconds.size)).astype(np.float32)


def test_what_changes_within_a_recording_is_weighed_down(rng):
    spread = np.array([10.0, 1.0, 1.0])  # within recordings, mostly along the first direction
    recordings = [rng.standard_normal((50, 3)) * spread + 3 * rng.standard_normal(3) for _ in range(20)]
    made = fit_component(recordings, np.empty((0, 3)), ComponentPlan(1, shrinkage=0.001, phone_share=0))
    lengths = np.linalg.norm(made["axes"], axis=1)
    assert lengths[1] / lengths[0] == pytest.approx(10, rel=0.15)
    np.testing.assert_allclose(made["mean"], np.concatenate(recordings).mean(axis=0), rtol=1e-5)


def test_what_a_phone_changes_is_weighed_down(rng):
    recordings = [rng.standard_normal((50, 3)) + 3 * rng.standard_normal(3) for _ in range(20)]
    changes = np.array([[8.0, 0.1, 0.1]]) * rng.standard_normal((200, 3)) + [20, 0, 0]
    plans = (ComponentPlan(1, phone_share=share) for share in (0.5, 0.0))
    counted, ignored = (np.linalg.norm(fit_component(recordings, changes, plan)["axes"], axis=1) for plan in plans)
    assert counted[1] / counted[0] > 2
    assert ignored[1] / ignored[0] == pytest.approx(1, abs=0.1)


def test_fewer_axes_keep_the_most(rng):
    recordings = [rng.standard_normal((30, 6)) + 5 * rng.standard_normal(6) for _ in range(20)]
    made = fit_component(recordings, np.empty((0, 6)), ComponentPlan(1, n_axes=4))
    assert made["axes"].shape == (6, 4)


@pytest.mark.parametrize("n_seconds", [3.5, 30.0])
def test_changes_compare_a_segment_with_itself(n_seconds, rng, monkeypatch):
    monkeypatch.setattr(fusion_fit, "phone_in_room", lambda rng, samples, rate_hz, snr_db: samples)
    encoder = encoders.load("timbre")
    clip = Clip((Excerpt(0.0, music(1, n_seconds)),), RATE, n_seconds)
    features, changes = features_through_phone({"timbre": encoder}, clip, rng)
    assert features["timbre"].shape[1] == changes["timbre"].shape[1] == encoder.embedding_size
    assert len(changes["timbre"]) == (0 if n_seconds < 10 else 12)
    np.testing.assert_allclose(changes["timbre"], 0, atol=1e-4)


def test_the_command_makes_a_fusion_that_loads(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fusion_fit, "PLAN", {"timbre": ComponentPlan(2.0), "statistics": ComponentPlan(1.0)})
    monkeypatch.setattr(fusion_fit, "TRACK_WEIGHTS", {"timbre": 1.0, "statistics": 0.5})
    for number in range(3):
        soundfile.write(tmp_path / f"{number}.wav", music(number), RATE)
    files = [str(tmp_path / f"{number}.wav") for number in range(3)]
    assert fusion_fit.main([*files, "--made-from", "notes", "--folder", str(tmp_path)]) == 0
    assert "timbre, statistics: 3 recordings" in capsys.readouterr().out
    made = Fusion(read(tmp_path, fusion.STEM, fusion.REMEDY))
    assert tuple(made.members) == ("timbre", "statistics") and made.notes == ()
    one, other, again = (
        made.embed(Clip((Excerpt(0.0, sound),), RATE, 20.0)).segment_vectors.mean(axis=0)
        for sound in (music(0)[: 10 * RATE], music(1), music(0)[10 * RATE :])
    )
    assert one @ again > one @ other


def test_no_music_is_refused():
    with pytest.raises(OptionError, match="no audio among the files"):
        fusion_fit.fit([], {}, "nothing", {})


def test_the_weights_are_as_the_fusion_reads_them(rng):
    encoder = encoders.load("timbre")
    recordings = [
        ({"timbre": rng.standard_normal((9, 324))}, {"timbre": rng.standard_normal((6, 324))}) for _ in range(4)
    ]
    made = fusion_fit.fit(recordings, {"timbre": encoder}, "numbers", {"timbre": ComponentPlan(0.25)})
    assert isinstance(made, Weights)
    assert made.card["components"] == {"timbre": {"made_with": encoder.weights_id, "weight": 0.25}}
    assert made.card["track_weights"] == fusion_fit.TRACK_WEIGHTS
    assert set(made.tensors) == {"timbre.mean", "timbre.axes"}


def test_what_is_held_out_is_not_used(tmp_path):
    lines = ["track_id,file,title,artist,album", "a,a.ogg,A,Ada,open", "b,b.ogg,B,Bob,MineClone2", "c,c.ogg,C,Bob,open"]
    (tmp_path / "tracks.csv").write_text("\n".join([*lines, "d,d.ogg,D,,warmux-data", "e,e.ogg,E,,open"]) + "\n")
    assert [file.name for file in fusion_fit.learned_files([tmp_path])] == ["a.ogg", "e.ogg"]
