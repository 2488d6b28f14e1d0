/* What stands written in the map: the groups' names where they lie, the journey's stops, "You are here". */
const ABOVE = 16 // pixels between a group's point and the middle of its name
const MOST_NUMBERS = 16 // stops that all have their number; of a longer journey every fifth
const AIR = 3 // pixels between two names

class Labels {
  constructor(root, scene) {
    this.root = root
    this.scene = scene
    this.shown = [] // each { node, at: [x, y, z], group, above }
  }

  /** Make the labels of what is drawn now. */
  begin() {
    const { view, data, palette } = this.scene
    this.root.replaceChildren()
    this.shown = view.path.map((row, i) => this.stop(row, view.marks[i], i)).filter(Boolean)
    const by = data.colourings[view.colouring] ?? Object.values(data.colourings)[0]
    by?.names.forEach((name, group) => {
      if (!name || name === OTHERS || name === UNKNOWN || by.rows[group].length < 2 && data.n > 60) return
      const node = element("span", "sy-name", name)
      node.style.color = view.likeness ? palette.text : palette.ink(group)
      this.shown.push({ node, at: this.middle(by.rows[group]), group: view.likeness ? -1 : group, above: ABOVE })
    })
    this.root.append(...this.shown.map(label => label.node))
    for (const label of this.shown) Object.assign(label, { width: label.node.offsetWidth, height: label.node.offsetHeight })
    this.stood = ""
  }

  stop(row, mark, i) {
    const { path, marks } = this.scene.view
    const isEnd = Number.isNaN(Number(mark))
    if (!isEnd && path.length > MOST_NUMBERS && (i + 1) % 5) return null
    const node = element("span", isEnd ? "sy-stop sy-end" : "sy-stop", mark)
    return { node, at: this.scene.point(row), group: -1, above: 0, isStop: true, order: marks.length }
  }

  /** The point of a group that is nearest to its middle: a name stands at music, not between two heaps of it. */
  middle(rows) {
    const points = rows.map(row => this.scene.point(row))
    const centre = [0, 1, 2].map(axis => {
      const values = points.map(point => point[axis]).sort((a, b) => a - b)
      return values[values.length >> 1]
    })
    const apart = point => Math.hypot(...point.map((value, axis) => value - centre[axis]))
    return points.reduce((best, point) => apart(point) < apart(best) ? point : best)
  }

  /** Where "You are here" stands, see style.css. */
  ofHere(project) {
    const { label, view } = this.scene, at = view.here && project(...view.here.xyz)
    if (!at) return []
    const { offsetWidth: width, offsetHeight: height } = label
    return [[at[0] - width / 2, at[1] - 1.9 * height, at[0] + width / 2, at[1] - 0.9 * height]]
  }

  /** Put each where its point is now; a name that would lie on another, or out of the map, is not shown. */
  place(project, camera) {
    const { hidden } = this.scene.legend, { clientWidth: width, clientHeight: height } = this.scene.stage
    const now = `${camera} ${[...hidden]} ${width} ${height}`
    if (now === this.stood) return
    this.stood = now
    const taken = this.ofHere(project)
    for (const label of this.shown) {
      const spot = !hidden.has(label.group) && project(...label.at)
      const box = spot && [spot[0] - label.width / 2, spot[1] - label.above - label.height / 2,
        spot[0] + label.width / 2, spot[1] - label.above + label.height / 2]
      const isFree = box && (label.isStop || box[0] >= 0 && box[1] >= 0 && box[2] <= width && box[3] <= height &&
        !taken.some(other => box[0] < other[2] + AIR && box[2] > other[0] - AIR && box[1] < other[3] + AIR &&
          box[3] > other[1] - AIR))
      label.node.hidden = !isFree
      label.box = isFree ? box : null
      if (!isFree) continue
      taken.push(box)
      label.node.style.transform = `translate(${box[0].toFixed(1)}px, ${box[1].toFixed(1)}px)`
    }
  }
}
