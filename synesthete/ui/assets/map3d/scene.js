/* The map of the catalogue, in three dimensions, around the plotly.js that ships in plotly's own package.
 *
 * The component is mounted twice. Once with bytes: the points and their names, a heavy message that stays the same
 * from run to run, so that Streamlit's cache spares the wire. Once with a small object: what to show of them now. A map
 * of many points comes without names, and a third mount asks for those that are wanted.
 * Titles come from strangers: they reach the page through textContent only, and never reach Plotly.
 */
const ICONS = {
  in: "M12 5v14M5 12h14", out: "M5 12h14", home: "M4 11l8-7 8 7M6 10v9h12v-9",
  here: "M12 3v4M12 17v4M3 12h4M17 12h4M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6", picture: "M12 4v11M7 11l5 5 5-5M5 20h14",
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (data?.byteLength !== undefined) { keep(data); return }
  if (data?.names) { names.ask = rows => setStateValue("asked", rows); learn(data); return }
  let scene = scenes.get(parentElement)
  if (!scene) scenes.set(parentElement, (scene = new Scene(parentElement)))
  scene.choose = row => setTriggerValue("chosen", { map: data.map, row })
  scene.show(data)
  return () => { scene.close(); scenes.delete(parentElement) }
}

class Scene {
  constructor(parent) {
    const part = name => parent.querySelector(`.sy-${name}`)
    this.stage = part("stage")
    this.plot = part("plot")
    this.wait = part("wait")
    this.label = part("label")
    this.tools = part("tools")
    this.camera = new Camera(this, this.stage, this.plot)
    this.legend = new Legend(part("legend"), this)
    this.labels = new Labels(part("names"), this)
    this.pointer = new Pointer(this, { tip: part("tip"), ring: part("ring"), label: this.label })
    this.tool("in", "Nearer", () => this.camera.zoom(1 / ZOOM))
    this.tool("out", "Further", () => this.camera.zoom(ZOOM))
    this.tool("home", "Whole map", () => this.camera.turnTo(this.camera.home()))
    this.hereTool = this.tool("here", "Where am I?", () => this.camera.face(this.view.here.xyz), true)
    this.tool("picture", "Save a picture", () => savePicture(this), true)
    this.observer = new ResizeObserver(() =>
      this.drawn && this.Plotly.Plots.resize(this.plot).then(() => this.camera.reframe()))
    this.observer.observe(this.stage)
  }

  close() {
    this.observer.disconnect()
    this.pointer.stop()
    if (this.drawn) this.Plotly.purge(this.plot)
  }

  tool(icon, words, act, isWritten = false) {
    const button = element("button", "")
    button.type = "button"
    button.title = words
    button.setAttribute("aria-label", words)
    button.innerHTML = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`
    if (isWritten) button.append(element("span", "sy-words", words))
    button.addEventListener("click", act)
    this.tools.append(button)
    return button
  }

  async show(view) {
    const number = (this.number = (this.number ?? 0) + 1)
    try {
      if (!this.drawn && !document.createElement("canvas").getContext("webgl")) throw new Error("no WebGL")
      const [library, data] = await Promise.all([plotly(view.plotly), dataset(view.map)])
      if (number !== this.number) return // another run has come in between
      this.Plotly = library
      const before = this.view
      this.view = view
      this.data = extended(data, view.more)
      await this.draw(before)
      this.turn(before)
      this.describe()
      this.pointer.begin()
      this.stage.dataset.drawn = view.map
    } catch (error) {
      console.warn(error)
      this.wait.hidden = false
      this.wait.textContent = "This browser cannot draw in three dimensions here. The table below holds every track."
      this.tools.hidden = true
    }
  }

  /** Plotly.react keeps the scene, and where one looks from; nothing is done where nothing has changed. */
  async draw(before) {
    const { view, data, camera } = this
    this.palette = new Palette(getComputedStyle(this.stage), data.n, this.stage.clientWidth)
    const { map, colouring, here, chosen, path, marks } = view
    const shown = JSON.stringify([map, colouring, here?.key, chosen, path, marks, view.more?.xyz, this.palette])
    if (shown === this.shown) return
    camera.thicken()
    if (before?.map !== map) camera.begin(this.Plotly, data.n)
    if (before?.map !== map || before?.colouring !== colouring) this.legend.hidden.clear()
    const axis = { visible: false, range: [-data.radius, data.radius], autorange: false, showspikes: false }
    const ground = this.palette.ground
    const layout = {
      scene: { xaxis: axis, yaxis: { ...axis }, zaxis: { ...axis }, aspectmode: "cube", bgcolor: ground,
        camera: camera.get() ?? camera.home(), dragmode: "turntable", hovermode: false },
      margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, paper_bgcolor: ground, hovermode: false, uirevision: map,
    }
    await this.Plotly.react(this.plot, [...this.groups(), ...this.marks()], layout, { displayModeBar: false,
      displaylogo: false, scrollZoom: true, plotGlPixelRatio: Math.min(2, devicePixelRatio) })
    camera.unpick()
    this.shown = shown
    this.drawn = true
    this.wait.hidden = true
    this.legend.show()
    this.labels.begin()
  }

  /** Turn to what has newly come: the sound asked about, or a track that was not chosen on the map. */
  turn(before) {
    const { here, chosen, turn } = this.view
    if (here && here.key !== before?.here?.key) this.camera.face(here.xyz)
    else if (turn && chosen >= 0 && chosen !== before?.chosen) {
      this.camera.face(this.point(chosen))
      this.stage.scrollIntoView({ block: "nearest", behavior: "smooth" })
    }
  }

  describe() {
    const { here } = this.view
    this.hereTool.hidden = this.label.hidden = !here
    const place = here ? ` You are here: ${here.name}.` : ""
    this.stage.setAttribute("aria-label", `Map of ${this.data.n} tracks.${place} ` +
      "Arrow keys turn it, plus and minus zoom, Enter opens the track named, Home shows the whole. " +
      "The table below holds every track.")
  }

  hide() {
    const groups = Array.from({ length: this.legend.n }, (_, i) => i)
    this.camera.thicken()
    const visible = groups.map(i => !this.legend.hidden.has(i))
    this.Plotly.restyle(this.plot, { visible }, groups).then(() => this.camera.unpick())
  }

  // -- what is drawn

  point(row) { return [0, 1, 2].map(axis => this.data.points[3 * row + axis]) }

  groups() {
    const { view, data, palette } = this
    const base = { type: "scatter3d", mode: "markers", hoverinfo: "skip" }
    if (view.likeness) {
      const values = Float32Array.from(new Int16Array(decode(view.likeness).buffer), value => value / 32767)
      const sorted = Float32Array.from(values).sort()
      const others = sorted.findLastIndex(value => value < 0.999) // a track asked about is on the map itself
      const [cmin, cmax] = (this.range = [sorted[Math.floor(data.n * 0.02)], sorted[Math.max(0, others)]])
      const colorscale = palette.scale.map((colour, i, all) => [i / (all.length - 1), colour])
      return [{ ...base, ...this.axes(null), marker: { ...palette.marker(0), color: values, colorscale, cmin, cmax } }]
    }
    const { names, rows } = data.colourings[view.colouring]
    return names.map((name, i) => ({ ...base, ...this.axes(rows[i]), marker: palette.marker(i, name),
      visible: !this.legend.hidden.has(i) }))
  }

  /** The journey, the sound asked about with lines to its matches, the chosen track. */
  marks() {
    const { here, chosen, path } = this.view, { size, text, accent, bright } = this.palette, traces = []
    const { n, nPacked = n } = this.data, { view } = this
    const add = (mode, axes, more) => traces.push({ type: "scatter3d", hoverinfo: "skip", mode, ...axes, ...more })
    if (n > nPacked && !view.likeness) { // tracks that the map itself does not draw
      const rows = Array.from({ length: n - nPacked }, (_, i) => nPacked + i)
      add("markers", this.axes(rows), { marker: { size: size + 2, color: text } })
    }
    if (path.length) {
      const marker = { size: size + 2, color: bright, line: { color: text, width: 1 } } // no style has this colour
      add("lines+markers", this.axes(path), { line: { color: bright, width: 5 }, marker })
    }
    if (here) {
      const ends = here.matches.map(row => this.point(row))
      const [x, y, z] = [0, 1, 2].map(axis => ends.flatMap(end => [here.xyz[axis], end[axis], null]))
      add("lines", { x, y, z }, { line: { color: text, width: 3 }, opacity: 0.75 })
      add("markers", this.axes(here.matches), { marker: { size: size + 5, color: text, symbol: "circle-open" } })
      const marker = { size: size + 5, color: bright, symbol: "diamond", line: { color: accent, width: 3 } }
      add("markers", { x: [here.xyz[0]], y: [here.xyz[1]], z: [here.xyz[2]] }, { marker })
    }
    if (chosen >= 0) {
      const marker = { size: size + 6, color: text, line: { color: accent, width: 4 } }
      add("markers", this.axes([chosen]), { marker })
    }
    return traces
  }

  axes(rows) {
    const n = rows ? rows.length : this.data.n, points = this.data.points
    const [x, y, z] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)]
    for (let i = 0; i < n; i++) {
      const at = 3 * (rows ? rows[i] : i)
      x[i] = points[at]; y[i] = points[at + 1]; z[i] = points[at + 2]
    }
    return { x, y, z }
  }
}
