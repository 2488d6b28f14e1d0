// A picture of the sound along time: the playhead runs over it, a click plays from there, and a stretch drawn on it asks
// by that passage alone. Python sends images; axes, waveform and marks are drawn here.
const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const LEAST_PIXELS = 8; // a shorter stroke is a click
const LEAST_SECONDS = 1;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".sight");
  return drawOnce(parentElement, root, data, setTriggerValue, (record) => makePicture(record, root, data));
}

function makePicture(record, root, data) {
  const player = thePlayer();
  const list = record.list;
  const row = list.rows[0];
  const head = data.isMain ? makeHead() : null;
  const figure = add(root, "div", data.wave.length ? "figure waved" : "figure");
  const ticks = add(figure, "div", "ticks");
  ticks.setAttribute("aria-hidden", "true");
  for (const [text, place] of data.rowTicks) Object.assign(add(ticks, "span"), { textContent: text }).style.bottom = percent(place);
  const stage = add(figure, "div", data.isMain ? "stage main" : "stage");
  if (data.wave.length) stage.append(drawWave(data.wave));
  const image = add(stage, "img");
  Object.assign(image, { src: address(data.image), alt: data.alt, draggable: false });
  for (const [place] of data.starts.slice(1)) add(stage, "div", "cut").style.left = percent(place / data.span);
  const stretch = add(stage, "div", "stretch");
  const playhead = add(stage, "div", "playhead");
  const times = add(figure, "div", "times");
  times.setAttribute("aria-hidden", "true");
  for (const [text, place] of timeTicks()) Object.assign(add(times, "span"), { textContent: text }).style.left = percent(place);

  let drawn = data.passage; // [from, to] in the picture, or null
  let spoken = "";
  if (data.isMain) makeControls();
  showStretch();
  return follow;

  function makeHead() {
    const line = add(root, "div", "head");
    const button = iconButton(line, "play", "Play your sound", "main");
    button.disabled = !row.url;
    button.onclick = () => (isHere(player.now()) ? player.toggle() : player.play(list, 0));
    const words = add(line, "div", "words");
    const ask = add(line, "button", "ask");
    ask.type = "button";
    return { button, words, ask };
  }

  function isHere(state) {
    return state.list === list.id;
  }

  // From a place in the picture to the time in the recording, of which the picture may show excerpts; and back.
  function toTime(place) {
    const [from, start] = data.starts.filter(([each]) => each <= place + 1e-6).pop() ?? [0, 0];
    return start + place - from;
  }

  function toPlace(time) {
    const number = data.starts.findLastIndex(([, start]) => start <= time + 1e-6);
    if (number < 0) return null;
    const [from, start] = data.starts[number];
    const to = data.starts[number + 1]?.[0] ?? data.span;
    const place = from + time - start;
    return place <= to ? place : null; // between two excerpts nothing is seen
  }

  function follow(state) {
    const place = isHere(state) ? toPlace(state.time) : null;
    playhead.hidden = place === null;
    if (place !== null) playhead.style.left = percent(place / data.span);
    if (!head) return;
    const isSounding = isHere(state) && state.isPlaying;
    setIcon(head.button, isSounding ? "pause" : "play", isSounding ? "Pause your sound" : "Play your sound");
    const now = clock(isHere(state) ? state.time : 0);
    if (spoken === now) return;
    spoken = now;
    stage.setAttribute("aria-valuenow", Math.floor(isHere(state) ? state.time : 0));
    stage.setAttribute("aria-valuetext", `${now} of ${clock(data.seconds)}`);
  }

  function makeControls() {
    Object.assign(stage, { tabIndex: 0, role: "slider" });
    stage.setAttribute("aria-label", data.label);
    stage.setAttribute("aria-valuemin", 0);
    stage.setAttribute("aria-valuemax", Math.floor(data.seconds));
    let begin = null;
    stage.onpointerdown = (event) => {
      if (event.button) return;
      begin = event.clientX;
      stage.setPointerCapture(event.pointerId);
    };
    stage.onpointermove = (event) => {
      if (begin === null || Math.abs(event.clientX - begin) < LEAST_PIXELS) return;
      drawn = [placeOf(begin), placeOf(event.clientX)].sort((a, b) => a - b);
      showStretch();
    };
    stage.onpointerup = (event) => {
      if (begin === null) return;
      const isClick = Math.abs(event.clientX - begin) < LEAST_PIXELS;
      begin = null;
      if (isClick) playFrom(placeOf(event.clientX));
      else keepStretch();
    };
    stage.onpointercancel = () => { // a finger that scrolls the page
      begin = null;
      drawn = data.passage;
      showStretch();
    };
    stage.onkeydown = (event) => {
      const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
      if (event.key === " " || event.key === "Enter") head.button.click();
      else if (event.key === "Escape") clear();
      else if (step && event.shiftKey) widen(step / 5);
      else if (step) playFrom(clamp((toPlace(player.now().time) ?? 0) + step));
      else return;
      event.preventDefault();
    };
    head.ask.onclick = () => record.send("ask", isAsked() ? [] : drawn.map(toTime));
  }

  function placeOf(x) {
    const box = stage.getBoundingClientRect();
    return clamp(((x - box.left) / box.width) * data.span);
  }

  function clamp(place) {
    return Math.max(0, Math.min(place, data.span));
  }

  function playFrom(place) {
    if (isHere(player.now())) player.seek(toTime(place));
    else player.play(list, 0, toTime(place));
  }

  function widen(seconds) {
    const from = drawn ?? [toPlace(player.now().time) ?? 0, (toPlace(player.now().time) ?? 0) + 4];
    drawn = [from[0], clamp(Math.max(from[0] + LEAST_SECONDS, from[1] + seconds))];
    keepStretch();
  }

  // A stretch lies within one excerpt, and is long enough to be heard as something.
  function keepStretch() {
    const number = data.starts.findLastIndex(([place]) => place <= drawn[0] + 1e-6);
    const end = data.starts[number + 1]?.[0] ?? data.span;
    drawn = [drawn[0], Math.min(Math.max(drawn[1], drawn[0] + LEAST_SECONDS), end)];
    if (drawn[1] - drawn[0] < LEAST_SECONDS) drawn[0] = Math.max(drawn[1] - LEAST_SECONDS, 0);
    showStretch();
    playFrom(drawn[0]);
  }

  function clear() {
    if (data.passage) record.send("ask", []);
    drawn = null;
    showStretch();
  }

  function isAsked() {
    return data.passage && drawn && data.passage.every((each, number) => Math.abs(each - drawn[number]) < 0.05);
  }

  function showStretch() {
    stretch.hidden = !drawn;
    if (drawn) Object.assign(stretch.style, { left: percent(drawn[0] / data.span), width: percent((drawn[1] - drawn[0]) / data.span) });
    if (!head) return;
    head.ask.hidden = !drawn;
    const said = drawn ? drawn.map((place) => clock(toTime(place))).join(" – ") : "";
    head.ask.textContent = isAsked() ? "Back to the whole sound" : `What sounds like ${said}?`;
    head.words.textContent = isAsked() ? `Asked by ${said} alone` : drawn ? "" : data.hint;
  }

  function timeTicks() {
    if (data.starts.length > 1) {
      const each = Math.ceil(data.starts.length / 5); // more would touch in a narrow column; a line stands at each all the same
      return data.starts.filter((_, number) => number % each === 0).map(([place, start]) => [clock(start), place / data.span]);
    }
    const step = STEPS.find((each) => data.span / each <= 6) ?? 7200;
    const all = [];
    for (let at = 0; at < data.span * 0.97; at += step) all.push([step < 1 ? `${at.toFixed(1)} s` : clock(at), at / data.span]);
    return all;
  }

  function drawWave(heights) {
    const space = "http://www.w3.org/2000/svg";
    const wave = document.createElementNS(space, "svg");
    wave.setAttribute("class", "wave");
    wave.setAttribute("viewBox", `0 -100 ${heights.length} 200`);
    wave.setAttribute("preserveAspectRatio", "none");
    wave.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(space, "path");
    const above = heights.map((height, at) => `${at + 0.5} ${-Math.max(height, 1)}`);
    const below = heights.map((height, at) => `${at + 0.5} ${Math.max(height, 1)}`).reverse();
    shape.setAttribute("d", `M${[...above, ...below].join("L")}Z`);
    wave.append(shape);
    return wave;
  }

  function percent(share) {
    return `${(100 * share).toFixed(3)}%`;
  }
}
