/* What the page knows of a map: its points and names, which come in one heavy message, and plotly.js itself. */
const SHARED = Symbol.for("synesthete.map3d") // both mounts share it, however Streamlit loads this module
const { datasets, waiting, scenes } = (globalThis[SHARED] ??= {
  datasets: new Map(), waiting: new Map(), scenes: new WeakMap(),
})
let library = null

function keep(bytes) {
  const content = JSON.parse(new TextDecoder().decode(bytes))
  if (datasets.has(content.map)) return
  const points = new Float32Array(decode(content.xyz).buffer)
  const colourings = {}
  for (const [name, group] of Object.entries(content.colourings)) {
    const codes = new Uint16Array(decode(group.codes).buffer)
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
