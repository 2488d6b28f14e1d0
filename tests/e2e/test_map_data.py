"""What the browser makes of a packed map: places, groups, further points, and names that it asks for."""

import base64

import numpy as np
import pytest

from synesthete.ui import map3d

pytestmark = pytest.mark.browser


def test_a_nameless_map_is_read_extended_and_named_as_wanted(open_page, rng):
    places = rng.normal(size=(50, 3)).astype("<f4")
    styles = [f"style {number % 3}" for number in range(50)]
    packed = map3d.pack_nameless_points("m", places, {"Style": styles})
    more = {"xyz": base64.b64encode(np.full(3, 9, "<f4").tobytes()).decode(), "titles": ["T"], "artists": ["A"]}
    page = open_page("about:blank")
    found = page.evaluate(
        """async ({ code, packed, more }) => {
          const make = new Function(`${code}; return { keep, datasets, extended, named, learn, names }`)
          const { keep, datasets, extended, named, learn, names } = make()
          keep(Uint8Array.from(atob(packed), sign => sign.charCodeAt(0)))
          const data = datasets.get("m"), whole = extended(data, more)
          const asked = new Promise(tell => { names.ask = tell })
          const before = named(whole, 7, () => {}) ?? null
          const question = await asked
          learn({ map: "m", names: { 7: ["Seven", "Anna"] } })
          return { points: [...data.points], group: data.colourings.Style.names[data.colourings.Style.codes[7]],
            n: whole.n, last: [...whole.points].slice(-3), own: named(whole, 50), before, question,
            after: named(whole, 7), same: extended(data, null) === data }
        }""",
        {
            "code": (map3d._ASSETS / "data.js").read_text(),
            "packed": base64.b64encode(packed).decode(),
            "more": more,
        },
    )
    assert np.allclose(np.reshape(found["points"], (50, 3)), places, atol=np.abs(places).max() / 30_000)
    assert found["group"] == styles[7] and found["n"] == 51 and found["last"] == [9, 9, 9] and found["same"]
    assert found["own"] == ["T", "A"] and found["before"] is None and found["after"] == ["Seven", "Anna"]
    assert found["question"] == {"map": "m", "rows": [7]}
