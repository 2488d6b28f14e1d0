/* The camera, and how a large map keeps up with it. */
const TURN = Math.PI / 18, ZOOM = 1.18, NEAREST = 0.15, FURTHEST = 4
const HOME = { eye: { x: 0.85, y: 0.85, z: 0.45 }, center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 } }
const SLOW = 60, FAST = 24 // milliseconds a frame, between which the number of points drawn in motion is left as it is
const REST = 350 // milliseconds without motion after which all points are drawn again
const WORTH_THINNING = 500 // points of one group

class Camera {
  constructor(stage, plot) {
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

  /** The whole map from so far away that it fits, also where the stage is narrow. */
  home() { return { ...HOME, eye: between({ x: 0, y: 0, z: 0 }, HOME.eye, this.away()) } }

  away() { return Math.max(1, this.stage.clientHeight / this.stage.clientWidth) }

  set(camera) {
    this.moved = performance.now()
    this.thin()
    return this.Plotly.relayout(this.plot, { "scene.camera": camera })
  }

  turn(around, up) {
    const camera = this.get(), { x, y, z } = camera.eye, far = Math.hypot(x, y, z)
    const angle = Math.atan2(y, x) + around
    const height = Math.max(-1.5, Math.min(1.5, Math.asin(z / far) + up))
    const flat = far * Math.cos(height)
    const eye = { x: flat * Math.cos(angle), y: flat * Math.sin(angle), z: far * Math.sin(height) }
    return this.set({ ...camera, eye, center: HOME.center, up: HOME.up })
  }

  zoom(factor) {
    const camera = this.get(), { x, y, z } = camera.eye, far = Math.hypot(x, y, z)
    const by = Math.max(NEAREST, Math.min(FURTHEST, far * factor)) / far
    return this.set({ ...camera, eye: { x: x * by, y: y * by, z: z * by } })
  }

  /** Turn so that a point is on the near side, in front of the rest. */
  face(xyz) {
    const [x, y, z] = xyz, far = Math.hypot(x, y, z) || 1, distance = 1.35 * this.away()
    const height = Math.max(-1, Math.min(1, Math.asin(z / far))), angle = Math.atan2(y, x) + 0.35
    const flat = distance * Math.cos(height * 0.8)
    const eye = { x: flat * Math.cos(angle), y: flat * Math.sin(angle), z: distance * Math.sin(height * 0.8) }
    return this.turnTo({ eye, center: HOME.center, up: HOME.up })
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
