/* The camera, and how a large map keeps up with it. */
const TURN = Math.PI / 18, ZOOM = 1.18, NEAREST = 0.15, FURTHEST = 4
const UP = { x: 0, y: 0, z: 1 }, FROM = [0.85, 0.85, 0.45] // where one looks from at first
const SIGHT = Math.tan(Math.PI / 8) // of Plotly's camera: half of the angle that it sees
const EDGES = 34 // pixels around the points, for the names and the tools
const SLOW = 60, FAST = 24 // milliseconds a frame, between which the number of points drawn in motion is left as it is
const REST = 350 // milliseconds without motion after which all points are drawn again
const WORTH_THINNING = 500 // points of one group

class Camera {
  constructor(scene, stage, plot) {
    this.scene = scene
    this.stage = stage
    this.plot = plot
    this.share = 1 // of the points, drawn while the map moves
    this.isHeld = false // by a pointer
  }

  /** Another map: `n` points. */
  begin(Plotly, n) {
    this.Plotly = Plotly
    this.n = n
    this.share = Math.min(1, MANY / n)
  }

  get() {
    const scene = this.plot._fullLayout?.scene
    return scene?._scene?.getCamera?.() ?? scene?.camera
  }

  /** The whole map from where one looks at first, every point in the picture. */
  home() { return this.framed(FROM) }

  /** A camera that sees every point, from a direction: as near as can be, with the points in the middle. */
  framed(direction) {
    const camera = this.fitted(direction)
    this.framing = { direction, camera }
    return camera
  }

  /** The stage has another shape: what was framed is framed anew, unless it has been turned or moved since. */
  reframe() {
    const now = this.get(), was = this.framing?.camera
    const isAsItWas = now && was && ["eye", "center"].every(of =>
      ["x", "y", "z"].every(axis => Math.abs(now[of][axis] - was[of][axis]) < 1e-4))
    if (isAsItWas) this.set(this.framed(this.framing.direction))
  }

  fitted(direction) {
    const [back, right, up] = axesOf(direction), { points, radius } = this.scene.data, n = points.length / 3
    const width = this.stage.clientWidth, height = this.stage.clientHeight
    const across = SIGHT * (width / height) * Math.max(0.4, 1 - 2 * EDGES / width)
    const along = SIGHT * Math.max(0.4, 1 - 2 * EDGES / height)
    // At a distance d a point p is seen where |right.p - x| <= across * (d - back.p): bounds for the middle, x
    const ends = { left: Infinity, right: Infinity, low: Infinity, high: Infinity }
    for (let i = 0; i < n; i++) {
      const p = [0, 1, 2].map(axis => points[3 * i + axis] / (2 * radius)), depth = dot(back, p)
      const x = dot(right, p), y = dot(up, p)
      ends.right = Math.min(ends.right, -x - across * depth)
      ends.left = Math.min(ends.left, x - across * depth)
      ends.high = Math.min(ends.high, -y - along * depth)
      ends.low = Math.min(ends.low, y - along * depth)
    }
    if (!n) return { eye: toXyz(back), center: toXyz([0, 0, 0]), up: UP }
    const far = Math.max(-(ends.left + ends.right) / (2 * across), -(ends.low + ends.high) / (2 * along), NEAREST)
    const centre = sum(scaled(right, (ends.left - ends.right) / 2), scaled(up, (ends.low - ends.high) / 2))
    return { eye: toXyz(sum(centre, scaled(back, far))), center: toXyz(centre), up: UP }
  }

  set(camera) {
    this.moved = performance.now()
    this.thin()
    return this.Plotly.relayout(this.plot, { "scene.camera": camera })
  }

  turn(around, up) {
    const camera = this.get(), { x, y, z, far } = this.arm(camera)
    const angle = Math.atan2(y, x) + around
    const height = Math.max(-1.5, Math.min(1.5, Math.asin(z / far) + up))
    const flat = far * Math.cos(height)
    return this.set(this.armed(camera, flat * Math.cos(angle), flat * Math.sin(angle), far * Math.sin(height)))
  }

  zoom(factor) {
    const camera = this.get(), { x, y, z, far } = this.arm(camera)
    const by = Math.max(NEAREST, Math.min(FURTHEST, far * factor)) / far
    return this.set(this.armed(camera, x * by, y * by, z * by))
  }

  /** From what is looked at to where it is looked at from. */
  arm({ eye, center }) {
    const [x, y, z] = ["x", "y", "z"].map(axis => eye[axis] - center[axis])
    return { x, y, z, far: Math.hypot(x, y, z) }
  }

  armed({ center }, x, y, z) {
    return { center, eye: { x: center.x + x, y: center.y + y, z: center.z + z }, up: UP }
  }

  /** Turn so that a point is on the near side, in front of the rest. */
  face(xyz) {
    const [x, y, z] = xyz, far = Math.hypot(x, y, z) || 1
    const height = 0.8 * Math.max(-1, Math.min(1, Math.asin(z / far))), angle = Math.atan2(y, x) + 0.35
    const flat = Math.cos(height)
    return this.turnTo(this.framed([flat * Math.cos(angle), flat * Math.sin(angle), Math.sin(height)]))
  }

  async turnTo(target) {
    const from = this.get(), is = (this.turning = {})
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || this.n > 30000
    const begin = performance.now(), span = isCalm ? 0 : 700
    for (;;) {
      if (is !== this.turning) return
      const done = span ? Math.min(1, (performance.now() - begin) / span) : 1
      const ease = done * done * (3 - 2 * done), eye = between(from.eye, target.eye, ease)
      await this.set({ ...from, eye, center: between(from.center, target.center, ease), up: target.up })
      if (done === 1) return
      await new Promise(requestAnimationFrame)
    }
  }

  stop() { this.turning = null }

  /** A function (x, y, z) -> [left, top, depth], in pixels of the stage, or null behind the camera. */
  projector() {
    const gl = this.plot._fullLayout?.scene?._scene, camera = gl?.glplot?.cameraParams
    if (!camera) return null
    const s = gl.dataScale, { width, height } = this.plot.getBoundingClientRect()
    const m = times(camera.projection, times(camera.view, camera.model))
    return (x, y, z) => {
      x *= s[0]; y *= s[1]; z *= s[2]
      const w = m[3] * x + m[7] * y + m[11] * z + m[15]
      if (w <= 0) return null
      return [width * (0.5 + 0.5 * (m[0] * x + m[4] * y + m[8] * z + m[12]) / w),
        height * (0.5 - 0.5 * (m[1] * x + m[5] * y + m[9] * z + m[13]) / w), w]
    }
  }

  gl() { return this.plot._fullLayout?.scene?._scene?.glplot }

  /** Plotly draws everything a second time to know what is under the mouse; Pointer.nearest() does without. */
  unpick() {
    for (const object of this.gl()?.objects ?? []) object.drawPick = null
  }

  /** While the map moves, draw as many points as this machine draws smoothly: the first of each group, and tracks
   * stand in the order of their ids, which is as good as by lot. */
  thin() {
    if (this.full || this.share >= 1) return
    this.full = (this.gl()?.objects ?? []).filter(object => object.pointCount > WORTH_THINNING && object.vertexCount)
      .map(object => [object, object.vertexCount])
    for (const [object, count] of this.full) {
      const each = count / object.pointCount
      object.vertexCount = Math.max(50, Math.round(object.pointCount * this.share)) * each
    }
  }

  thicken() {
    if (!this.full) return
    for (const [object, count] of this.full) object.vertexCount = count
    this.full = null
  }

  /** Look, once a frame, whether the map moves, and draw as many points as this machine can keep up with. */
  watch(now) {
    const view = this.gl()?.cameraParams?.view
    const place = view ? Array.from(view, value => value.toFixed(4)).join() : ""
    const isMoving = place !== this.stood
    if (isMoving) {
      const frame = now - this.before
      if (this.isMoving && frame > SLOW) this.share = Math.max(0.02, this.share * 0.6)
      else if (this.isMoving && frame < FAST) this.share = Math.min(1, this.share * 1.25)
      if (this.isMoving && this.full) this.thicken()
      this.thin()
      this.stood = place
      this.moved = now
    } else if (this.full && !this.isHeld && now - this.moved > REST) {
      this.thicken()
      this.gl().update()
    }
    this.isMoving = isMoving
    this.before = now
  }
}

/** Three directions at right angles: towards the camera, to its right, upwards. */
function axesOf([x, y, z]) {
  const far = Math.hypot(x, y, z) || 1, flat = Math.hypot(x, y) || 1e-9
  const back = [x / far, y / far, z / far], right = [-y / flat, x / flat, 0]
  return [back, right, [back[1] * right[2] - back[2] * right[1], back[2] * right[0] - back[0] * right[2],
    back[0] * right[1] - back[1] * right[0]]]
}

function dot(a, b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] }
function sum(a, b) { return a.map((value, axis) => value + b[axis]) }
function scaled(a, by) { return a.map(value => value * by) }
function toXyz([x, y, z]) { return { x, y, z } }

function between(a, b, part) {
  const mix = axis => a[axis] + (b[axis] - a[axis]) * part
  return { x: mix("x"), y: mix("y"), z: mix("z") }
}

function times(a, b) {
  const made = new Float64Array(16)
  for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) for (let k = 0; k < 4; k++) {
    made[4 * j + i] += a[4 * k + i] * b[4 * j + k]
  }
  return made
}
