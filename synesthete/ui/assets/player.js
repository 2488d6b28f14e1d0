// Plays a list through: two <audio> elements, one sounding, the other already holding the next track.
// Streamlit calls the default function on every rerun; a list that has not changed goes on playing.
const kept = new WeakMap();
const ICONS = {
  back: "M6 5h2v14H6zM20 5v14L9 12z",
  play: "M7 4.5v15l13-7.5z",
  pause: "M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z",
  next: "M16 5h2v14h-2zM4 5v14l11-7z",
};

export default function ({ data, parentElement }) {
  const before = kept.get(parentElement);
  if (before && before.signature === data.signature) {
    before.setSeconds(data.seconds);
    return before.stop;
  }
  if (before) before.stop();
  const player = makePlayer(data, parentElement.querySelector(".player"));
  kept.set(parentElement, player);
  return player.stop;
}

function makePlayer(data, root) {
  const decks = [new Audio(), new Audio()];
  let deck = 0; // which of the two sounds
  let at = -1; // which row sounds; -1 before the first
  let seconds = data.seconds; // how much of each track; 0 for all the rest
  let broken = 0; // files in a row that could not be played

  root.replaceChildren();
  const transport = add(root, "div", "transport");
  const back = iconButton(transport, "back", "Previous track");
  const toggle = iconButton(transport, "play", "Play the list", "main");
  const next = iconButton(transport, "next", "Next track");
  const now = add(transport, "div", "now");
  const what = add(now, "div", "what");
  what.textContent = data.rows.length ? "Press play: each track begins at a telling passage." : "";
  what.setAttribute("aria-live", "polite");
  const line = add(now, "div", "line");
  const seek = add(line, "input", "seek");
  Object.assign(seek, { type: "range", min: 0, max: 100, step: 0.1, value: 0, disabled: true });
  seek.setAttribute("aria-label", "Position in the track");
  const clockText = add(line, "span", "clock");
  clockText.textContent = "0:00";

  const ribbon = add(root, "div", "ribbon");
  ribbon.setAttribute("aria-hidden", "true"); // the list below says the same
  const list = add(root, "ol", "stops");
  const cells = data.rows.map((row, number) => makeCell(row, number));
  const buttons = data.rows.map((row, number) => makeRow(row, number));

  function makeCell(row, number) {
    const cell = add(ribbon, "div", "cell");
    cell.title = row.title;
    if (row.image) add(cell, "img").src = row.image;
    cell.onclick = () => play(number);
    return cell;
  }

  function makeRow(row, number) {
    const item = add(list, "li", row.mark ? "stop seed" : "stop");
    const button = add(item, "button", "row");
    button.type = "button";
    const badge = add(button, "span", "badge");
    badge.textContent = row.mark || String(number + 1);
    const image = add(button, row.image ? "img" : "span", "thumb");
    if (row.image) Object.assign(image, { src: row.image, alt: "" });
    const names = add(button, "span", "names");
    add(names, "span", "title").textContent = row.title;
    add(names, "span", "about").textContent = row.about;
    const step = add(button, "span", "step");
    if (row.note) {
      add(step, "span", "words").textContent = row.note;
      add(add(step, "span", "bar"), "span", "fill").style.width = `${Math.round(100 * row.share)}%`;
      add(step, "span", "figure").textContent = row.figure;
    }
    const from = row.url ? `from ${clock(row.start)}` : "no file";
    add(button, "span", "from").textContent = from;
    const parts = [`Play ${number + 1}: ${row.title}`, row.about, row.note, row.figure, from];
    button.setAttribute("aria-label", parts.filter(Boolean).join(", "));
    button.onclick = () => (number === at ? playOrPause() : play(number));
    button.disabled = !row.url;
    return button;
  }

  function load(audio, number) {
    const row = data.rows[number];
    if (!row || !row.url || audio.dataset.number === String(number)) return;
    audio.dataset.number = number;
    audio.preload = "auto";
    audio.src = address(row.url);
    audio.onloadedmetadata = () => {
      if (row.start < audio.duration - 1) audio.currentTime = row.start;
    };
  }

  function after(number, direction) {
    let other = number + direction;
    while (data.rows[other] && !data.rows[other].url) other += direction;
    return data.rows[other] ? other : -1;
  }

  function play(number) {
    if (!data.rows[number]) return;
    decks[deck].pause();
    if (decks[1 - deck].dataset.number === String(number)) deck = 1 - deck;
    const audio = decks[deck];
    load(audio, number);
    if (audio.readyState > 0) audio.currentTime = data.rows[number].start; // played before: from its passage again
    at = number;
    audio.play().catch((problem) => {
      if (problem.name === "NotAllowedError") say("The browser wants you to press play yourself.");
    });
    const following = after(number, 1);
    if (following >= 0) load(decks[1 - deck], following);
    show();
    buttons[number].closest("li").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  function move(direction) {
    const number = after(at, direction);
    if (number >= 0) return play(number);
    decks[deck].pause();
    if (direction > 0) {
      at = -1;
      show();
      say("The list has been played through.");
    }
  }

  function playOrPause() {
    if (at < 0) return play(after(-1, 1));
    if (decks[deck].paused) decks[deck].play();
    else decks[deck].pause();
  }

  function say(text) {
    what.textContent = text;
  }

  function show() {
    const isPlaying = at >= 0 && !decks[deck].paused;
    setIcon(toggle, isPlaying ? "pause" : "play", isPlaying ? "Pause" : "Play the list");
    back.disabled = after(at, -1) < 0;
    next.disabled = at >= 0 && after(at, 1) < 0;
    seek.disabled = at < 0;
    root.classList.toggle("playing", isPlaying);
    cells.forEach((cell, number) => cell.classList.toggle("current", number === at));
    buttons.forEach((button, number) => {
      if (number === at) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    if (at >= 0) say(`${at + 1} of ${data.rows.length} · ${data.rows[at].title}`);
  }

  function showTime(audio) {
    const length = Number.isFinite(audio.duration) ? audio.duration : 0;
    seek.max = length || 100;
    seek.value = audio.currentTime;
    seek.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(length)}`);
    clockText.textContent = `${clock(audio.currentTime)} / ${clock(length)}`;
  }

  decks.forEach((audio, number) => {
    const isSounding = () => number === deck && at >= 0;
    audio.setAttribute("aria-hidden", "true");
    root.append(audio); // without controls it shows nothing; in the page it can be found
    audio.onplay = audio.onpause = () => isSounding() && show();
    audio.onplaying = () => (broken = 0);
    audio.onended = () => isSounding() && move(1);
    audio.ontimeupdate = () => {
      if (!isSounding()) return;
      showTime(audio);
      if (seconds && !audio.seeking && audio.currentTime >= data.rows[at].start + seconds) move(1);
    };
    audio.onerror = () => {
      if (!audio.getAttribute("src")) return;
      const name = data.rows[Number(audio.dataset.number)].title;
      delete audio.dataset.number;
      if (!isSounding()) return;
      broken += 1;
      if (broken < 3) move(1);
      say(`“${name}” could not be played.`);
    };
  });
  toggle.onclick = playOrPause;
  next.onclick = () => move(1);
  back.onclick = () => move(-1);
  seek.oninput = () => (decks[deck].currentTime = Number(seek.value));
  show();

  return {
    signature: data.signature,
    setSeconds: (value) => (seconds = value),
    stop: () => decks.forEach((audio) => { audio.pause(); }),
  };
}

function add(parent, tag, name) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  parent.append(element);
  return element;
}

function iconButton(parent, icon, label, name = "") {
  const button = add(parent, "button", `icon ${name}`);
  button.type = "button";
  setIcon(button, icon, label);
  return button;
}

function setIcon(button, icon, label) {
  if (button.dataset.icon === icon) return;
  button.dataset.icon = icon;
  button.setAttribute("aria-label", label);
  button.title = label;
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[icon]);
  drawing.append(path);
  button.replaceChildren(drawing);
}

// Media lies beside the pages, wherever the app is mounted (/, /music/, /~/+/).
function address(url) {
  return /^(blob|data|https?):/.test(url) ? url : location.pathname.replace(/\/[^/]*\/?$/, "") + url;
}

function clock(value) {
  const whole = Math.max(0, Math.floor(value || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
