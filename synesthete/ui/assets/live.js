// The rolling picture: asks the server several times a second for the columns that are new, and draws them in the colours
// of the stacked image. When matches, name or status are others, it has its part of the page run again.
// The microphone would hear the player: who starts listening, or goes on, has it paused; who plays something meanwhile has
// listening wait until it is over, in whichever tab it plays.
const EVERY_MS = 110; // between an answer and the next question
const PATIENCE_MS = 3000; // until the page is asked again to show what is new
const QUIETEST_REFERENCE_DB = 10; // a room without music stays dark
const FADES_BELOW_DB = 45; // under the loudest: notes and chords of what hardly sounds are chance
const TROUBLES = ["off", "lost", "unreached"];
const views = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live");
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = makeView(root, data)));
  view.update(data, setTriggerValue);
  return view.end;
}

function makeView(root, first) {
  const head = add(root, "div", "head");
  const words = add(head, "div", "words");
  words.setAttribute("role", "status");
  const level = add(head, "div", "level");
  const track = add(level, "span", "track");
  const meter = { role: "meter", "aria-label": "Level", "aria-valuemin": -60, "aria-valuemax": 0, "aria-valuenow": -60 };
  for (const [name, value] of Object.entries(meter)) track.setAttribute(name, value);
  const fill = add(track, "span", "fill");
  const figure = add(level, "span", "figure");
  const picture = add(root, "div", "picture");
  const ticks = add(picture, "div", "ticks");
  ticks.setAttribute("aria-hidden", "true");
  for (const [text, place] of first.rowTicks) {
    Object.assign(add(ticks, "span"), { textContent: text }).style.bottom = `${100 * place}%`;
  }
  const canvas = add(picture, "canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", first.alt);
  const times = add(picture, "div", "times");
  times.setAttribute("aria-hidden", "true");
  const steps = [1, 0.5, 0];
  for (const share of steps) {
    const text = share ? `${-share * first.seconds} s` : "now";
    Object.assign(add(times, "span"), { textContent: text.replace("-", "\u2212") }).style.left = `${100 * (1 - share)}%`;
  }

  const [nMel, nChroma, nTonnetz] = first.rows;
  const size = nMel + nChroma + nTonnetz;
  const nColumns = Math.round(first.seconds / first.hopSeconds);
  canvas.width = nColumns;
  canvas.height = nMel;
  const paper = canvas.getContext("2d");
  const pixels = paper.createImageData(nColumns, nMel);
  let columns = []; // each Uint8Array(size), the newest last
  let next = 0; // the number of the column that comes next
  let data = first;
  let send = () => {};
  let timer = 0;
  let isAsking = false;
  let asked = { what: "", at: 0 };
  let heeded = 0;
  let plays = ""; // where something sounds that the microphone would hear: "here", "elsewhere"
  draw();

  function update(newData, setTriggerValue) {
    data = newData;
    send = setTriggerValue;
    if (data.heeded !== heeded) thePlayer().hush();
    heeded = data.heeded;
    if (!data.isOn) show({ status: data.status, level: -100 });
    if (!timer && !isAsking) ask();
  }

  function end() {
    clearTimeout(timer);
    timer = 0;
    send = null;
  }

  async function ask() {
    timer = 0;
    if (!send) return;
    isAsking = true;
    let pause = EVERY_MS;
    try {
      plays = thePlayer().plays();
      const answer = await fetch(`${address(data.url)}?since=${next}&plays=${plays ? 1 : 0}`, { cache: "no-store" });
      if (answer.ok) take(await answer.json());
      else pause = 1000;
    } catch {
      pause = 1000; // the server is gone: Streamlit says so
    }
    isAsking = false;
    if (send && data.isOn) timer = setTimeout(ask, pause);
  }

  function take(heard) {
    const bytes = Uint8Array.from(atob(heard.columns), (letter) => letter.charCodeAt(0));
    if (heard.first !== next) columns = [];
    for (let at = 0; at < bytes.length; at += size) columns.push(bytes.subarray(at, at + size));
    columns = heard.kept ? columns.slice(-heard.kept) : []; // none: cleared
    next = heard.first + bytes.length / size;
    draw();
    show(heard);
    tellIfNew(heard);
  }

  function show(heard) {
    const status = heard.status === "held" && plays === "elsewhere" ? plays : heard.status;
    setText(words, data.words[status] ?? "");
    const isOn = heard.level > -100;
    level.style.visibility = data.isOn ? "visible" : "hidden";
    fill.style.width = `${Math.max(0, Math.min(100, (100 * (heard.level + 60)) / 60))}%`;
    level.classList.toggle("high", heard.level > -6);
    const shown = isOn ? `${Math.round(heard.level)} dB`.replace("-", "\u2212") : "";
    setText(figure, shown);
    track.setAttribute("aria-valuenow", Math.round(Math.max(-60, heard.level)));
  }

  // Python draws what these numbers stand for; where its answer does not come, it is asked again.
  function tellIfNew(heard) {
    const trouble = (status) => (TROUBLES.includes(status) ? status : "");
    if (heard.revision === data.revision && trouble(heard.status) === trouble(data.status)) return;
    const what = `${heard.revision} ${trouble(heard.status)}`;
    if (asked.what === what && performance.now() - asked.at < PATIENCE_MS) return;
    asked = { what, at: performance.now() };
    send?.("changed", what);
  }

  function draw() {
    const [lowest, stepsPerDb, topDb] = data.range;
    const loudest = columns.map((column) => column.subarray(0, nMel).reduce((most, value) => Math.max(most, value), 0));
    const least = (QUIETEST_REFERENCE_DB - lowest) * stepsPerDb;
    const reference = loudest.reduce((most, value) => Math.max(most, value), least);
    const values = pixels.data;
    values.fill(0);
    for (let at = 3; at < values.length; at += 4) values[at] = 255;
    columns.forEach((column, number) => {
      const x = nColumns - columns.length + number;
      const below = (reference - loudest[number]) / stepsPerDb;
      const strength = Math.max(0.12, Math.min(1, 1 - (below - FADES_BELOW_DB) / 20));
      for (let row = 0; row < nMel; row += 1) {
        const place = 4 * ((nMel - 1 - row) * nColumns + x);
        values[place] = 255 * Math.max(0, 1 - (reference - column[row]) / stepsPerDb / topDb);
        values[place + 1] = strength * column[nMel + Math.floor((row * nChroma) / nMel)];
        values[place + 2] = strength * column[nMel + nChroma + Math.floor((row * nTonnetz) / nMel)];
      }
    });
    paper.putImageData(pixels, 0, 0);
    canvas.dataset.drawn = 1 + Number(canvas.dataset.drawn ?? 0);
    canvas.dataset.columns = next;
  }

  return { update, end };
}
