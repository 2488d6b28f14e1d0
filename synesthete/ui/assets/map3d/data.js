/* What the page knows of a map: its points and names, which come in one heavy message, and plotly.js itself. */
const SHARED = Symbol.for("synesthete.map3d") // both mounts share it, however Streamlit loads this module
const { datasets, waiting, scenes, names } = (globalThis[SHARED] ??= {
  datasets: new Map(), waiting: new Map(), scenes: new WeakMap(),
  names: { of: new Map(), ask: null, asked: new Set(), tell: null },
})
const PATIENCE = 60 // ms in which names to ask for are gathered
let library = null

function keep(bytes) {
  const content = JSON.parse(new TextDecoder().decode(bytes))
  if (datasets.has(content.map)) return
  const points = content.xyz ? new Float32Array(decode(content.xyz).buffer)
    : Float32Array.from(new Int16Array(decode(content.grid).buffer), value => value * content.step)
  const colourings = {}
  for (const [name, group] of Object.entries(content.colourings)) {
    const codes = decode(group.codes)
    const rows = group.names.map(() => [])
    codes.forEach((code, row) => rows[code].push(row))
    colourings[name] = { names: group.names, codes, rows }
  }
  let radius = 0
  for (const value of points) radius = Math.max(radius, Math.abs(value))
  datasets.set(content.map, { ...content, points, colourings, n: points.length / 3, radius: radius * 1.05 || 1 })
  if (datasets.size > 4) datasets.delete(datasets.keys().next().value)
  waiting.get(content.map)?.forEach(tell => tell())
  waiting.delete(content.map)
}

/** The map with further points at its end, which lie on no group of it. */
function extended(data, more) {
  if (!more) return data
  const own = new Float32Array(decode(more.xyz).buffer), points = new Float32Array(data.points.length + own.length)
  points.set(data.points)
  points.set(own, data.points.length)
  let radius = data.radius
  for (const value of own) radius = Math.max(radius, Math.abs(value) * 1.05)
  return { ...data, points, radius, n: points.length / 3, nPacked: data.n, more }
}

/** Title and artist of a point; undefined while the server has not told them, which `tell` then hears of. */
function named(data, row, tell) {
  const nPacked = data.nPacked ?? data.n
  if (row >= nPacked) return [data.more.titles[row - nPacked], data.more.artists[row - nPacked]]
  if (data.titles) return [data.titles[row], data.artists[row]]
  const known = names.of.get(`${data.map} ${row}`)
  if (known) return known
  names.tell = tell
  names.asked.add(row)
  names.timer ??= setTimeout(() => {
    names.timer = null
    names.ask?.({ map: data.map, rows: [...names.asked].slice(-8) })
    names.asked.clear()
  }, PATIENCE)
}

function learn({ map, names: told }) {
  for (const [row, name] of Object.entries(told)) names.of.set(`${map} ${row}`, name)
  if (names.of.size > 5000) names.of.delete(names.of.keys().next().value)
  names.tell?.()
}

function decode(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length)
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i)
  return bytes
}

function dataset(map) {
  if (datasets.has(map)) return Promise.resolve(datasets.get(map))
  return new Promise(tell => {
    if (!waiting.has(map)) waiting.set(map, [])
    waiting.get(map).push(() => tell(datasets.get(map)))
  })
}

function plotly(url) {
  library ??= new Promise((tell, fail) => {
    if (window.Plotly) { tell(window.Plotly); return }
    const script = document.createElement("script")
    script.src = url
    script.onload = () => tell(window.Plotly)
    script.onerror = () => { library = null; fail(new Error("plotly.js could not be loaded")) }
    document.head.append(script)
  })
  return library
}

function element(name, classes, text) {
  const made = document.createElement(name)
  made.className = classes
  if (text !== undefined) made.textContent = text
  return made
}
