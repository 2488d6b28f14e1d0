/* The legend: a button for each group that shows or hides it, or the scale of likeness. */
class Legend {
  constructor(root, scene) {
    this.root = root
    this.scene = scene
    this.hidden = new Set() // numbers of the groups switched off
  }

  show() {
    this.root.replaceChildren()
    this.root.setAttribute("aria-label", `Legend: ${this.scene.view.colouring}`)
    if (this.scene.view.likeness) {
      const scale = element("div", "sy-scale"), bar = element("b", "")
      bar.style.background = `linear-gradient(to right, ${this.scene.palette.scale.join(",")})`
      const [low, high] = this.scene.range.map(value => value.toFixed(2))
      scale.append(element("span", "", `${low} less alike`), bar, element("span", "", `more alike ${high}`))
      this.root.append(scale)
      return
    }
    const { names, rows } = this.scene.data.colourings[this.scene.view.colouring]
    this.n = names.length
    names.forEach((name, i) => {
      const button = element("button", "")
      button.type = "button"
      button.title = "Show or hide; twice for this one alone"
      const glyph = element("i", "", this.scene.palette.glyph(i))
      glyph.style.color = this.scene.palette.colour(i, name)
      glyph.setAttribute("aria-hidden", "true")
      button.append(glyph, element("span", "", `${name} ${rows[i].length}`))
      button.addEventListener("click", () => this.toggle(i))
      button.addEventListener("dblclick", () => this.only(i))
      this.root.append(button)
    })
    this.all = element("button", "", "Show all")
    this.all.type = "button"
    this.all.addEventListener("click", () => { this.hidden.clear(); this.apply() })
    this.root.append(this.all)
    this.mark()
  }

  toggle(i) {
    if (!this.hidden.delete(i)) this.hidden.add(i)
    this.apply()
  }

  only(i) {
    this.hidden = new Set(Array.from({ length: this.n }, (_, other) => other))
    this.hidden.delete(i)
    this.apply()
  }

  apply() {
    this.scene.hide()
    this.mark()
  }

  mark() {
    const buttons = this.root.querySelectorAll("button")
    for (let i = 0; i < this.n; i++) buttons[i].setAttribute("aria-pressed", String(!this.hidden.has(i)))
    this.all.hidden = this.hidden.size === 0
  }
}
