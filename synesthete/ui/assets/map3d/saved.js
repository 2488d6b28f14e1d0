/* The map as a picture to keep: with its title, what is written in it, and the legend. */
const SCALE = 2, EDGE = 16, LINE = 22, TITLE = 20, SMALL = 13 // pixels before scaling

async function savePicture(scene) {
  const { stage, palette, view } = scene, width = stage.clientWidth, height = stage.clientHeight
  const image = new Image()
  image.src = await scene.Plotly.toImage(scene.plot, { format: "png", width, height, scale: SCALE })
  await image.decode()
  const family = getComputedStyle(stage).fontFamily
  const probe = document.createElement("canvas").getContext("2d")
  probe.font = `${SMALL}px ${family}`
  const legend = lines(entries(scene), width - 2 * EDGE, probe), top = TITLE + 2 * EDGE
  const canvas = document.createElement("canvas")
  canvas.width = SCALE * width
  canvas.height = SCALE * (top + height + EDGE + LINE * legend.length)
  const pen = canvas.getContext("2d")
  pen.scale(SCALE, SCALE)
  pen.fillStyle = palette.ground
  pen.fillRect(0, 0, width, canvas.height)
  pen.textBaseline = "middle"
  pen.fillStyle = palette.text
  pen.font = `650 ${TITLE}px ${family}`
  pen.fillText(view.title, EDGE, EDGE + TITLE / 2, width - 2 * EDGE)
  pen.drawImage(image, 0, top, width, height)
  pen.textAlign = "center"
  for (const { node, box } of scene.labels.shown) if (box) write(pen, node, box, top, family, palette.ground)
  if (!scene.label.hidden) writeHere(pen, scene, top, family)
  pen.textAlign = "left"
  legend.forEach((line, i) => line.forEach(({ glyph, colour, text, left }) => {
    const y = top + height + EDGE / 2 + LINE * (i + 0.5)
    pen.font = `${SMALL + 3}px ${family}`
    pen.fillStyle = colour
    pen.fillText(glyph, EDGE + left, y)
    pen.font = `${SMALL}px ${family}`
    pen.fillStyle = palette.text
    pen.fillText(text, EDGE + left + (glyph ? 18 : 0), y)
  }))
  const link = element("a", "")
  link.download = `${view.file}.png`
  link.href = URL.createObjectURL(await new Promise(tell => canvas.toBlob(tell, "image/png")))
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** What the legend says: its groups that are shown, or the two ends of the scale. */
function entries({ view, data, palette, legend, range }) {
  if (view.likeness) {
    const [low, high] = range.map(value => value.toFixed(2))
    return [[0, `${low} less alike`], [palette.scale.length - 1, `more alike ${high}`]]
      .map(([i, text]) => ({ glyph: "●", colour: palette.scale[i], text }))
  }
  const { names } = data.colourings[view.colouring]
  return names.map((name, i) => ({ glyph: palette.glyph(i), colour: palette.colour(i, name), text: name, i }))
    .filter(({ i }) => !legend.hidden.has(i))
}

function lines(all, width, probe) {
  const made = [[]]
  let left = 0
  for (const entry of all) {
    const wide = probe.measureText(entry.text).width + 18 + EDGE
    if (left && left + wide > width) { made.push([]); left = 0 }
    made.at(-1).push({ ...entry, left })
    left += wide
  }
  return made
}

function write(pen, node, [left, upper, right, lower], top, family, ground) {
  const style = getComputedStyle(node), x = (left + right) / 2, y = top + (upper + lower) / 2
  if (node.classList.contains("sy-stop")) {
    pen.beginPath()
    pen.arc(x, y, (right - left) / 2, 0, 2 * Math.PI)
    pen.fillStyle = style.backgroundColor
    pen.fill()
  }
  else {
    pen.beginPath()
    pen.roundRect(left, top + upper, right - left, lower - upper, 6)
    pen.globalAlpha = 0.78
    pen.fillStyle = ground
    pen.fill()
    pen.globalAlpha = 1
  }
  pen.font = `${style.fontWeight} ${style.fontSize} ${family}`
  pen.fillStyle = style.color
  pen.fillText(node.textContent, x, y)
}

function writeHere(pen, { label }, top, family) {
  const style = getComputedStyle(label), wide = label.offsetWidth, high = label.offsetHeight
  const x = parseFloat(label.style.left), y = top + parseFloat(label.style.top) - 1.4 * high
  pen.beginPath()
  pen.roundRect(x - wide / 2, y - high / 2, wide, high, high / 2)
  pen.fillStyle = style.backgroundColor
  pen.fill()
  pen.font = `650 ${style.fontSize} ${family}`
  pen.fillStyle = style.color
  pen.fillText(label.textContent, x, y)
}
