/* Colours and symbols. Ten colours that tell apart on this ground; then the same lighter and darker, with another
 * symbol. */
const DARK = [
  "#FF6B57", "#5B9BFF", "#43D17E", "#FFC857", "#B78CFF", "#3ED6D6", "#FF8FC7", "#C6D94A", "#FF9F45", "#9FB0C9",
]
const LIGHT = [
  "#C93A26", "#2A66C8", "#1E8A4C", "#A87400", "#7A45D1", "#0B8A8F", "#C2307F", "#6B7A00", "#8A4B1E", "#5A6779",
]
const LIGHTER = [0, 0.42, -0.32], DARKER = [0, -0.38, 0.38] // away from a dark ground, from a light one
const OTHERS = "others", UNKNOWN = "unknown", GREY = "#8C92A4"
const SYMBOLS = ["circle", "diamond", "square", "cross"], GLYPHS = ["●", "◆", "■", "✚"]
const SIZES = [1, 1.15, 0.9, 1.05] // so that each covers as much of the map as the others
const DARK_SCALE = ["#3B4262", "#5B9BFF", "#FF6B57", "#FFE9B0"]
const LIGHT_SCALE = ["#B9BCC8", "#4F86D9", "#C93A26", "#5C1008"]
const MANY = 20000 // points from which on each is drawn as simply as can be
const NARROW = 480 // pixels; a narrower stage gets smaller points

class Palette {
  /** `style` is the computed style of the stage, which carries Streamlit's theme. */
  constructor(style, n, width) {
    const value = name => style.getPropertyValue(name).trim()
    this.text = value("--st-text-color") || "#888"
    this.ground = value("--st-secondary-background-color") || "rgba(0,0,0,0)"
    this.isDark = isDark(value("--st-background-color"))
    this.accent = this.isDark ? DARK[0] : LIGHT[0]
    this.bright = this.isDark ? "#FFFFFF" : "#111218"
    this.scale = this.isDark ? DARK_SCALE : LIGHT_SCALE
    this.isSimple = n >= MANY
    const size = n < 500 ? 6 : n < 3000 ? 5 : n < MANY ? 3.4 : n < 60000 ? 2 : 1.4
    this.size = size * (width < NARROW ? 0.65 : 1)
  }

  marker(i, name) {
    // Plotly draws a circle as dozens of triangles and a square as few; at two pixels nobody sees the difference
    const shape = this.shape(i), symbol = this.isSimple ? "square" : SYMBOLS[shape]
    const line = { width: this.isSimple ? 0 : 1, color: this.ground } // keeps points that overlap apart
    return { size: this.size * SIZES[shape], color: this.colour(i, name), symbol, line }
  }

  colour(i, name) {
    if (name === OTHERS || name === UNKNOWN) return GREY
    const shades = this.isDark ? LIGHTER : DARKER
    return shade((this.isDark ? DARK : LIGHT)[i % DARK.length], shades[Math.floor(i / DARK.length) % shades.length])
  }

  /** The colour that a name is written in: of the points, nearer to that of other text. */
  ink(i) {
    const colour = (this.isDark ? DARK : LIGHT)[i % DARK.length]
    return shade(colour, this.isDark ? 0.35 : -0.3)
  }

  glyph(i) { return this.isSimple ? "■" : GLYPHS[this.shape(i)] }
  shape(i) { return Math.floor(i / DARK.length) % SYMBOLS.length }
}

/** A #RRGGBB colour made lighter (amount > 0) or darker (amount < 0). */
function shade(colour, amount) {
  const goal = amount > 0 ? 255 : 0
  const parts = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16))
  return `rgb(${parts.map(part => Math.round(part + (goal - part) * Math.abs(amount))).join(",")})`
}

function isDark(colour) {
  const probe = document.createElement("canvas").getContext("2d")
  probe.fillStyle = colour || "#fff"
  probe.fillRect(0, 0, 1, 1)
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data
  return 0.3 * red + 0.59 * green + 0.11 * blue < 128
}
