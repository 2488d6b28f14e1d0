/* The pointer and the keys: which track is meant, and its name beside it. */
const CHOSEN_DISTANCE = { mouse: 12, pen: 16, touch: 26 } // pixels between a click and its point
const STILL = 7 // pixels that a pointer may move and it still is a click
const DEPTH_WEIGHT = 6 // of two points close together on the screen, the one in front is meant

class Pointer {
  constructor(scene, parts) {
    Object.assign(this, { scene, stage: scene.stage, camera: scene.camera, ...parts }) // parts: tip, ring, label
    this.pointed = -1 // row of the track named now
    this.listen()
  }

  begin() {
    cancelAnimationFrame(this.following)
    this.follow()
  }

  stop() {
    this.listening.abort()
    cancelAnimationFrame(this.following)
  }

  /** The track whose point is nearest to a place on the stage, the one in front where several are. */
  nearest(left, top, within) {
    const project = this.camera.projector()
    if (!project) return -1
    const { view, data, legend } = this.scene, { points, n } = data
    const codes = view.likeness ? null : data.colourings[view.colouring].codes
    let best = -1, least = Infinity
    for (let row = 0; row < n; row++) {
      if (codes && legend.hidden.has(codes[row])) continue
      const at = project(points[3 * row], points[3 * row + 1], points[3 * row + 2])
      if (!at) continue
      const apart = Math.hypot(at[0] - left, at[1] - top)
      if (apart > within) continue
      const cost = apart + DEPTH_WEIGHT * at[2]
      if (cost < least) { least = cost; best = row }
    }
    return best
  }

  /** Keep the ring and the label on their points while the camera moves. */
  follow(now = performance.now()) {
    if (this.scene.drawn) this.camera.watch(now)
    const project = this.scene.drawn && this.camera.projector()
    if (project) {
      this.scene.labels.place(project, this.camera.stood)
      this.stand(this.label, this.scene.view.here && project(...this.scene.view.here.xyz))
      const at = this.pointed >= 0 && this.pointed < this.scene.data.n && project(...this.scene.point(this.pointed))
      this.stand(this.ring, at)
      if (at) this.standTip(at)
      else this.tip.hidden = true
    }
    this.following = requestAnimationFrame(time => this.follow(time))
  }

  stand(mark, at) {
    const place = at ? `${at[0].toFixed(1)}px,${at[1].toFixed(1)}px` : ""
    if (mark.dataset.at === place) return
    mark.dataset.at = place
    mark.hidden = !at
    if (at) { mark.style.left = `${at[0]}px`; mark.style.top = `${at[1]}px` }
  }

  standTip(at) {
    const place = `${this.pointed} ${at[0].toFixed(1)} ${at[1].toFixed(1)}`
    if (this.tip.dataset.at === place && !this.tip.hidden) return
    this.tip.dataset.at = place
    this.tip.hidden = false
    const { clientWidth: width, clientHeight: height } = this.stage
    const left = at[0] + 18 + this.tip.offsetWidth > width ? at[0] - 18 - this.tip.offsetWidth : at[0] + 18
    this.tip.style.left = `${Math.max(4, left)}px`
    this.tip.style.top = `${Math.min(Math.max(4, at[1] - 18), height - this.tip.offsetHeight - 4)}px`
  }

  pointAt(row) {
    if (row === this.pointed) return
    this.pointed = row
    this.stage.classList.toggle("sy-is-over", row >= 0)
    if (row < 0) { this.tip.hidden = true; return }
    this.say(row)
  }

  say(row) {
    const { colourings } = this.scene.data
    const [title, artist] = named(this.scene.data, row, () => this.pointed >= 0 && this.say(this.pointed)) ?? ["…", ""]
    this.tip.replaceChildren(element("strong", "", title))
    if (artist) this.tip.append(element("span", "", artist))
    const by = colourings[this.scene.view.colouring] ?? Object.values(colourings)[0]
    if (by?.codes[row] !== undefined) this.tip.append(element("span", "", by.names[by.codes[row]]))
  }

  listen() {
    const stage = this.stage
    this.listening = new AbortController()
    let down = null
    stage.addEventListener("pointermove", event => {
      if (this.scene.drawn && this.camera.isHeld) this.camera.thin()
      if (!this.scene.drawn || event.buttons || event.pointerType === "touch") return
      this.over = this.place(event)
      this.looking ??= requestAnimationFrame(() => {
        this.looking = null
        if (this.over) this.pointAt(this.nearest(...this.over, CHOSEN_DISTANCE.mouse))
      })
    }, true)
    stage.addEventListener("pointerleave", () => { this.over = null; this.pointAt(-1) })
    stage.addEventListener("pointerdown", event => {
      down = this.isTool(event) ? null : this.place(event)
      if (!down) return
      stage.focus({ preventScroll: true })
      this.camera.stop()
      this.camera.isHeld = true
    }, true)
    window.addEventListener("pointerup", event => {
      this.camera.isHeld = false
      if (!down || !this.scene.drawn) return
      const up = this.place(event), isStill = Math.hypot(up[0] - down[0], up[1] - down[1]) < STILL
      down = null
      if (!isStill) return
      const row = this.nearest(...up, CHOSEN_DISTANCE[event.pointerType] ?? CHOSEN_DISTANCE.mouse)
      if (row >= 0) this.take(row)
    }, { capture: true, signal: this.listening.signal })
    window.addEventListener("pointercancel", () => { this.camera.isHeld = false; down = null },
      { signal: this.listening.signal })
    // the wheel zooms a map that has been clicked; otherwise it scrolls the page
    stage.addEventListener("wheel", event => {
      if (document.activeElement !== stage && !event.ctrlKey) event.stopPropagation()
    }, true)
    stage.addEventListener("keydown", event => this.key(event))
    stage.addEventListener("blur", () => this.pointAt(-1))
  }

  isTool(event) { return event.target.closest?.("button") != null }

  place(event) {
    const { left, top } = this.stage.getBoundingClientRect()
    return [event.clientX - left - this.stage.clientLeft, event.clientY - top - this.stage.clientTop]
  }

  take(row) {
    this.pointAt(row)
    this.scene.choose(row)
  }

  key(event) {
    if (!this.scene.drawn || event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey) return
    const step = event.shiftKey ? 3 * TURN : TURN
    const acts = {
      ArrowLeft: () => this.camera.turn(-step, 0), ArrowRight: () => this.camera.turn(step, 0),
      ArrowUp: () => this.camera.turn(0, step), ArrowDown: () => this.camera.turn(0, -step),
      "+": () => this.camera.zoom(1 / ZOOM), "=": () => this.camera.zoom(1 / ZOOM), "-": () => this.camera.zoom(ZOOM),
      Home: () => this.camera.turnTo(this.camera.home()), Enter: () => this.pointed >= 0 && this.take(this.pointed),
      Escape: () => this.pointAt(-1),
    }
    if (!acts[event.key]) return
    event.preventDefault()
    Promise.resolve(acts[event.key]()).then(() => {
      if (event.key === "Enter" || event.key === "Escape") return
      const { clientWidth: width, clientHeight: height } = this.stage
      requestAnimationFrame(() => this.pointAt(this.nearest(width / 2, height / 2, Infinity)))
    })
  }
}
