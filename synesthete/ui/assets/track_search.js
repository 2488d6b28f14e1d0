/* A box to find a track by typing: the server answers with a few, which are chosen by pointer or keys.
 *
 * The combobox pattern of the ARIA Authoring Practices. Names come from strangers: they reach the page through
 * textContent only.
 */
const PATIENCE = 140 // ms without a key before the server is asked
const ROOM = 8 // pixels between the list and the edge of the window
const boxes = new WeakMap()
let number = 0

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let box = boxes.get(parentElement)
  if (!box) boxes.set(parentElement, (box = new Box(parentElement)))
  box.ask = text => setStateValue("asked", text)
  box.choose = key => setTriggerValue("chosen", { key })
  box.drop = key => setTriggerValue("dropped", { key })
  box.update(data)
  return () => { box.close(); box.stop.abort(); boxes.delete(parentElement) }
}

function element(name, classes, text) {
  const made = document.createElement(name)
  made.className = classes
  if (text !== undefined) made.textContent = text
  return made
}

class Box {
  constructor(parent) {
    const part = name => parent.querySelector(`.${name}`)
    Object.assign(this, { parent, label: part("label"), chips: part("chips"), field: part("field"), input: part("input"),
      clear: part("clear"), list: part("list"), said: part("said") })
    this.id = `ts${number++}`
    this.answers = new Map() // what the server said to each text
    this.active = -1
    this.isOpen = this.isTyping = false
    this.stop = new AbortController()
    this.list.id = `${this.id}-list`
    this.input.setAttribute("aria-controls", this.list.id)
    this.listen()
  }

  update(data) {
    if (data.state !== this.data?.state) this.answers.clear() // the catalogue has changed, or is another
    this.data = data
    this.answers.set(data.asked, data.hits)
    this.answers.set("", data.first)
    this.label.textContent = data.label
    this.input.setAttribute("aria-label", data.label)
    this.input.placeholder = data.placeholder
    this.showChosen()
    if (this.isOpen) this.show()
  }

  get text() { return this.isTyping ? this.input.value.trim() : "" }
  get isMulti() { return this.data.most > 1 }
  get isFull() { return this.isMulti && this.data.chosen.length >= this.data.most }

  /** One choice stands in the box itself; several stand above it, each with a button that takes it out. */
  showChosen() {
    const { chosen } = this.data
    this.input.disabled = this.isFull
    if (this.isMulti) {
      this.clear.hidden = true
      this.chips.replaceChildren(...chosen.map(choice => this.chip(choice)))
      return
    }
    this.clear.hidden = !chosen.length
    if (!this.isTyping) this.input.value = this.shown()
    this.input.title = this.input.value
  }

  shown() { return this.isMulti || !this.data.chosen.length ? "" : written(this.data.chosen[0]) }

  chip(choice) {
    const chip = element("span", "chip"), out = element("button", "out")
    chip.append(element("span", "name", written(choice)), out)
    chip.title = written(choice)
    out.type = "button"
    out.setAttribute("aria-label", `Take out ${choice.title}`)
    out.addEventListener("click", () => { this.leaveOut(choice.key); this.input.focus() })
    return chip
  }

  listen() {
    const { input } = this, signal = this.stop.signal
    input.addEventListener("focus", () => { input.select(); this.open() })
    input.addEventListener("click", () => this.open())
    input.addEventListener("blur", () => this.restore())
    input.addEventListener("input", () => this.typed())
    input.addEventListener("keydown", event => this.key(event))
    this.list.addEventListener("pointerdown", event => event.preventDefault()) // the box keeps the focus
    this.clear.addEventListener("click", () => {
      this.isTyping = false
      if (this.data.chosen.length) this.leaveOut(this.data.chosen[0].key)
      input.focus()
    })
    for (const happening of ["scroll", "resize"])
      window.addEventListener(happening, event => this.isOpen && event.target !== this.list && this.place(),
        { capture: true, passive: true, signal })
  }

  typed() {
    this.isTyping = true
    this.wantsFirst = false
    this.active = -1
    this.open()
    clearTimeout(this.timer)
    const text = this.text
    if (!this.answers.has(text)) this.timer = setTimeout(() => this.ask(text), PATIENCE)
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    const n = this.hits?.length ?? 0
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault()
      if (!this.isOpen) return this.open()
      const step = event.key === "ArrowDown" ? 1 : -1
      this.mark(n ? (this.active < 0 && step < 0 ? n - 1 : (this.active + step + n) % n) : -1)
    } else if (event.key === "Enter") {
      event.preventDefault()
      if (!this.isOpen) this.open()
      else if (this.answers.has(this.text)) this.take(this.hits[this.active < 0 && this.text ? 0 : this.active])
      else this.wantsFirst = true // the answer is on its way
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault()
      event.stopPropagation()
      this.restore()
      this.input.select()
    } else if (event.key === "Backspace" && this.isMulti && !this.input.value && this.data.chosen.length) {
      this.leaveOut(this.data.chosen.at(-1).key)
    }
  }

  take(hit) {
    if (!hit) return
    this.close()
    this.isTyping = false
    this.keep(this.isMulti ? [...this.data.chosen.filter(choice => choice.key !== hit.key), hit] : [hit])
    if (this.isMulti) this.input.value = ""
    this.choose(hit.key)
  }

  leaveOut(key) {
    this.keep(this.data.chosen.filter(choice => choice.key !== key))
    this.drop(key)
  }

  /** What is chosen, before the server says so too; of what has come and gone meanwhile it says nothing. */
  keep(chosen) {
    this.data = { ...this.data, chosen }
    this.showChosen()
  }

  restore() {
    clearTimeout(this.timer)
    this.close()
    this.isTyping = this.wantsFirst = false
    this.input.value = this.shown()
  }

  open() {
    if (this.isFull) return
    this.isOpen = true
    this.show()
  }

  close() {
    this.isOpen = false
    this.active = -1
    this.hits = null
    this.field.classList.remove("waits")
    this.input.setAttribute("aria-expanded", "false")
    this.input.removeAttribute("aria-activedescendant")
    if (this.list.matches(":popover-open")) this.list.hidePopover()
  }

  /** The answer to what stands in the box; until it is there, the last one, dimmed. */
  show() {
    const answer = this.answers.get(this.text)
    this.field.classList.toggle("waits", !answer)
    this.list.classList.toggle("waits", !answer)
    if (answer && (answer !== this.hits || !this.list.matches(":popover-open"))) {
      this.hits = answer
      this.active = -1
      this.fill()
      if (this.wantsFirst) { this.wantsFirst = false; return this.take(answer[0]) }
    }
    if (!this.hits) return
    if (!this.list.matches(":popover-open")) this.list.showPopover()
    this.input.setAttribute("aria-expanded", "true")
    this.place()
  }

  fill() {
    const lines = this.hits.map((hit, i) => {
      const line = element("div", "option")
      line.id = `${this.id}-${i}`
      line.setAttribute("role", "option")
      line.setAttribute("aria-selected", String(this.data.chosen.some(choice => choice.key === hit.key)))
      line.append(element("span", "title", hit.title), element("span", "about", hit.about))
      line.addEventListener("click", () => this.take(hit))
      line.addEventListener("pointermove", () => this.mark(i))
      return line
    })
    const note = this.text ? (lines.length ? "" : this.data.nothing) : this.data.note
    if (note) this.text ? lines.push(element("div", "note", note)) : lines.unshift(element("div", "note", note))
    if (this.text && lines.length >= this.data.limit) lines.push(element("div", "note", "Type more to see others"))
    this.list.replaceChildren(...lines)
    this.list.scrollTop = 0
    this.said.textContent = this.text ? `${this.hits.length || "No"} track${this.hits.length === 1 ? "" : "s"}` : ""
  }

  mark(i) {
    if (i === this.active) return
    this.active = i
    const options = [...this.list.querySelectorAll(".option")]
    options.forEach((line, at) => line.classList.toggle("active", at === i))
    options[i]?.scrollIntoView({ block: "nearest" })
    if (options[i]) this.input.setAttribute("aria-activedescendant", options[i].id)
    else this.input.removeAttribute("aria-activedescendant")
  }

  /** Below the box, or above it where there is more room. */
  place() {
    const { left, top, bottom, width } = this.field.getBoundingClientRect()
    const below = innerHeight - bottom - 2 * ROOM, above = top - 2 * ROOM
    const isBelow = below >= Math.min(260, this.list.scrollHeight) || below >= above
    Object.assign(this.list.style, { left: `${left}px`, width: `${width}px`,
      maxHeight: `${Math.max(120, Math.min(380, isBelow ? below : above))}px`,
      top: isBelow ? `${bottom + 4}px` : "auto", bottom: isBelow ? "auto" : `${innerHeight - top + 4}px` })
  }
}

function written(choice) { return choice.by ? `${choice.title} · ${choice.by}` : choice.title }
