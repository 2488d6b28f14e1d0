// The one player of the app. It lives in the window, not in a page: Streamlit changes pages without loading the
// document anew, so what plays goes on. Its bar stands at the foot of the window from the first sound on.
// Two <audio> elements: one sounds, the other already holds the next track of the list.
const ICONS = {
  back: "M6 5h2v14H6zM20 5v14L9 12z",
  play: "M7 4.5v15l13-7.5z",
  pause: "M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z",
  next: "M16 5h2v14h-2zM4 5v14l11-7z",
  close: "M6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12 19 6.4 17.6 5 12 10.6z",
  heart: "M12 20 4.6 12.3a4.6 4.6 0 0 1 6.5-6.5l.9.9.9-.9a4.6 4.6 0 0 1 6.5 6.5z",
  more: "M10 3a7 7 0 1 0 4.2 12.6L19.6 21 21 19.6l-5.4-5.4A7 7 0 0 0 10 3zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10z",
};
const WORN = ["text-color", "background-color", "secondary-background-color", "border-color", "primary-color", "font"];

function thePlayer() {
  return (window.synesthetePlayer ??= makeThePlayer());
}

function makeThePlayer() {
  const decks = [new Audio(), new Audio()];
  const followers = new Set();
  const nothing = { id: "", rows: [], seconds: 0 };
  let deck = 0; // which of the two sounds
  let list = nothing;
  let at = -1; // which row of the list sounds
  let ends = Infinity; // when the next one's turn comes [s]
  let broken = 0; // files in a row that could not be played
  let said = "";
  const likes = makeLikes(tell);
  const microphone = watchMicrophone(hush);
  const otherTabs = watchOtherTabs(() => at >= 0 && !decks[deck].paused);
  const bar = makeBar({ toggle, move, seek, close }, likes);
  bar.host.append(...decks); // without controls they show nothing; in the document they can be found

  // Where a row begins: at its passage, but with as much left to play as was promised.
  function beginOf(row, length) {
    if (list.seconds) return Math.max(0, Math.min(row.start, length - list.seconds));
    return row.start < length - 1 ? row.start : 0;
  }

  function load(number, audio, from) {
    const row = list.rows[number];
    if (!row || !row.url) return;
    if (audio.dataset.url !== row.url) {
      audio.dataset.url = row.url;
      audio.preload = "auto";
      audio.src = address(row.url);
    }
    audio.onloadedmetadata = () => enter(audio, row, from);
    if (audio.readyState > 0) enter(audio, row, from);
  }

  function enter(audio, row, from) {
    audio.currentTime = from ?? beginOf(row, audio.duration);
    audio.onloadedmetadata = null;
    if (audio === decks[deck]) ends = list.seconds && from === undefined ? audio.currentTime + list.seconds : Infinity;
  }

  function play(newList, number, from) {
    if (!newList.rows[number]?.url) return;
    for (const other of document.querySelectorAll("audio")) other.pause(); // those that Streamlit shows
    decks[deck].pause();
    list = newList;
    at = number;
    said = "";
    if (decks[1 - deck].dataset.url === list.rows[at].url) deck = 1 - deck;
    ends = Infinity;
    load(at, decks[deck], from);
    start();
    load(after(at, 1), decks[1 - deck]);
    introduce();
    tell();
  }

  function start() {
    said = microphone.isOpen() ? "The microphone is on and would hear this: stop the recording first." : "";
    if (said) return tell();
    decks[deck].play().catch((problem) => {
      if (problem.name !== "NotAllowedError") return;
      said = "The browser wants you to press play yourself.";
      tell();
    });
  }

  // A microphone opens, which would hear what plays.
  function hush() {
    if (at < 0 || decks[deck].paused) return;
    said = "Paused, so that the microphone does not hear it.";
    decks[deck].pause();
    tell();
  }

  function after(number, direction) {
    let other = number + direction;
    while (list.rows[other] && !list.rows[other].url) other += direction;
    return list.rows[other] ? other : -1;
  }

  function move(direction) {
    const number = after(at, direction);
    if (number >= 0) return play(list, number);
    decks[deck].pause();
    tell();
  }

  function toggle() {
    if (at < 0) return;
    if (decks[deck].paused) start();
    else decks[deck].pause();
  }

  function seek(seconds) {
    if (at < 0) return;
    ends = Infinity; // who chooses a place wants to hear on from there
    decks[deck].currentTime = Math.max(0, Math.min(seconds, decks[deck].duration || 0));
    tell();
  }

  function close() {
    decks[deck].pause();
    list = nothing;
    at = -1;
    tell();
  }

  // A list drawn anew: what plays of it goes on.
  function update(newList) {
    if (newList.id !== list.id || at < 0) return;
    const number = newList.rows.findIndex((row) => row.key === list.rows[at].key);
    if (number < 0) return;
    if (newList.seconds !== list.seconds && ends < Infinity) {
      ends = newList.seconds ? decks[deck].currentTime + newList.seconds : Infinity;
    }
    list = newList;
    at = number;
  }

  function now() {
    const audio = decks[deck];
    const length = Number.isFinite(audio.duration) ? audio.duration : 0;
    return {
      row: list.rows[at] ?? null,
      list: list.id,
      number: at,
      count: list.rows.length,
      isPlaying: at >= 0 && !audio.paused,
      time: audio.currentTime || 0,
      length,
      hasBefore: after(at, -1) >= 0,
      hasAfter: after(at, 1) >= 0,
      said,
      likes: likes.version(),
    };
  }

  function tell() {
    const state = now();
    otherTabs.tell(state.isPlaying);
    bar.show(state);
    for (const follower of followers) follower(state);
  }

  function follow(follower) {
    followers.add(follower);
    follower(now());
    return () => followers.delete(follower);
  }

  function introduce() {
    if (!("mediaSession" in navigator)) return;
    const row = list.rows[at];
    navigator.mediaSession.metadata = new MediaMetadata({ title: row.title, artist: row.artist || "" });
    navigator.mediaSession.setActionHandler("nexttrack", after(at, 1) < 0 ? null : () => move(1));
    navigator.mediaSession.setActionHandler("previoustrack", after(at, -1) < 0 ? null : () => move(-1));
  }

  // The playhead moves with the picture's frames, not with the few events that a browser sends in a second.
  let isMoving = false;
  function roll() {
    tell();
    if (decks[deck].paused) isMoving = false;
    else requestAnimationFrame(roll);
  }

  decks.forEach((audio, number) => {
    const isSounding = () => number === deck && at >= 0;
    audio.onplay = () => {
      if (!isSounding() || isMoving) return;
      isMoving = true;
      requestAnimationFrame(roll);
    };
    audio.onpause = () => isSounding() && tell();
    audio.onplaying = () => (broken = 0);
    audio.onended = () => isSounding() && move(1);
    audio.ontimeupdate = () => {
      if (!isSounding()) return;
      if (!audio.seeking && audio.currentTime >= ends) move(1);
      else tell(); // a tab in the background draws no frames
    };
    audio.onerror = () => {
      if (!audio.getAttribute("src")) return;
      delete audio.dataset.url;
      if (!isSounding()) return;
      const name = list.rows[at].title;
      broken += 1;
      if (broken < 3) move(1);
      said = `“${name}” could not be played.`;
      tell();
    };
  });
  // a sound started elsewhere on the page, such as a recording just made
  document.addEventListener("play", (event) => decks.includes(event.target) || decks[deck].pause(), true);

  return { play, toggle, move, seek, hush, update, follow, now, likes, plays: otherTabs.play, wear: bar.wear };
}

// Whether the player of another tab of this browser sounds: each says so while it does, about once a second.
function watchOtherTabs(isPlaying) {
  const LASTS_MS = 3000;
  const tabs = new BroadcastChannel("synesthete-player");
  let heard = -Infinity;
  let said = -Infinity;
  let wasPlaying = false;
  tabs.onmessage = ({ data: plays }) => (heard = plays ? performance.now() : -Infinity);
  addEventListener("pagehide", () => tabs.postMessage(false));

  function tell(plays) {
    const isDue = plays && performance.now() - said > LASTS_MS / 3;
    if (plays === wasPlaying && !isDue) return;
    [wasPlaying, said] = [plays, performance.now()];
    tabs.postMessage(plays);
  }

  // "here", "elsewhere" or "": where something sounds
  const play = () => (isPlaying() ? "here" : performance.now() - heard < LASTS_MS ? "elsewhere" : "");
  return { tell, play };
}

// Whether something in this page, such as Streamlit's recorder, has the microphone open. Listening live has it in a frame of
// its own, and says so itself (`live.js`).
function watchMicrophone(onOpen) {
  const devices = navigator.mediaDevices; // none where the page has come by plain http
  let tracks = [];
  const isOpen = () => tracks.some((track) => track.readyState === "live"); // whoever stops one is not told of by an event
  if (!devices) return { isOpen };
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    tracks = [...tracks.filter((track) => track.readyState === "live"), ...stream.getAudioTracks()];
    if (isOpen()) onOpen();
    return stream;
  };
  return { isOpen };
}

// The tracks that this visitor likes, as the server knows them. What is drawn follows them with the player.
function makeLikes(tell) {
  let liked = null; // ids; null where nothing is known or can be kept
  let version = 0;
  let nTold = 0; // how often the server has taken a heart
  let request = 0; // only the answer to the last one counts
  let asked = -Infinity;

  function take(ids) {
    liked = ids && new Set(ids);
    version += 1;
    tell();
  }

  async function send(options) {
    const mine = ++request;
    const answer = await fetch(address("/liked"), { credentials: "same-origin", cache: "no-store", ...options });
    if (!answer.ok) throw new Error(answer.status);
    const { liked: ids } = await answer.json();
    if (mine === request) take(ids);
  }

  // Something new is drawn: what another tab or the page itself has changed is to be seen.
  function refresh() {
    if (performance.now() - asked < 300) return;
    asked = performance.now();
    send({}).catch(() => {}); // offline: the hearts stay as they are
  }

  async function toggle(id) {
    const before = [...liked];
    const isLiked = !liked.has(id);
    take(isLiked ? [...before, id] : before.filter((other) => other !== id)); // at once; the server's word follows
    const body = JSON.stringify({ track: id, isLiked });
    try {
      await send({ method: "POST", headers: { "Content-Type": "application/json" }, body });
      nTold += 1;
      tell();
    } catch {
      take(before);
    }
  }

  return {
    refresh, toggle,
    isOn: () => liked !== null,
    has: (id) => liked !== null && liked.has(id),
    version: () => version,
    nTold: () => nTold,
  };
}

// A heart for a row; `show` follows what is liked. The name stays, `aria-pressed` says whether.
function makeHeart(parent, likes, getRow) {
  const button = add(parent, "button", "heart");
  button.type = "button";
  button.append(drawing("heart"));
  button.onclick = () => likes.toggle(getRow().key);
  function show() {
    const row = getRow();
    button.hidden = !row?.isTrack || !likes.isOn();
    if (button.hidden) return;
    const isLiked = likes.has(row.key);
    button.setAttribute("aria-pressed", String(isLiked));
    button.setAttribute("aria-label", `Like: ${row.title}`);
    button.title = isLiked ? "You like this track" : "Like this track: it joins those you like on Journey and in the Library";
  }
  show();
  return show;
}

function makeBar(to, likes) {
  const host = document.createElement("div");
  host.id = "synesthete-player";
  const root = host.attachShadow({ mode: "open" });
  const style = add(root, "style");
  style.textContent = BAR_STYLE;
  const bar = add(root, "section", "bar");
  bar.hidden = true;
  bar.setAttribute("aria-label", "Player");
  const back = iconButton(bar, "back", "Previous track");
  const toggle = iconButton(bar, "play", "Play", "main");
  const next = iconButton(bar, "next", "Next track");
  const names = add(bar, "div", "names");
  const title = add(names, "div", "title");
  const artist = add(names, "div", "artist");
  const said = add(names, "div", "said");
  said.setAttribute("role", "status");
  const line = add(bar, "div", "line");
  const elapsed = add(line, "span", "clock");
  const seek = add(line, "input", "seek");
  Object.assign(seek, { type: "range", min: 0, max: 100, step: 0.1, value: 0 });
  seek.setAttribute("aria-label", "Position in the track");
  const whole = add(line, "span", "clock");
  let row = null;
  const showHeart = makeHeart(bar, likes, () => row);
  let heart = "";
  const close = iconButton(bar, "close", "Close the player", "close");
  back.onclick = () => to.move(-1);
  next.onclick = () => to.move(1);
  toggle.onclick = () => to.toggle();
  close.onclick = () => to.close();
  seek.oninput = () => to.seek(Number(seek.value));
  document.body.append(host);

  function show(state) {
    bar.hidden = !state.row;
    if (!state.row) return;
    row = state.row;
    if (heart !== `${row.key} ${state.likes}`) showHeart();
    heart = `${row.key} ${state.likes}`;
    setIcon(toggle, state.isPlaying ? "pause" : "play", state.isPlaying ? "Pause" : "Play");
    back.disabled = !state.hasBefore;
    next.disabled = !state.hasAfter;
    setText(title, state.row.title);
    const place = state.count > 1 ? `${state.number + 1} of ${state.count}` : "";
    setText(artist, [state.row.artist, place].filter(Boolean).join(" · "));
    setText(said, state.said);
    if (Number(seek.max) !== (state.length || 100)) seek.max = state.length || 100;
    seek.value = state.time;
    setText(elapsed, clock(state.time));
    setText(whole, clock(state.length));
    const spoken = `${clock(state.time)} of ${clock(state.length)}`;
    if (seek.getAttribute("aria-valuetext") !== spoken) seek.setAttribute("aria-valuetext", spoken);
  }

  // The page's colours: a component is told them, what stands outside the page is not.
  function wear(element) {
    const from = getComputedStyle(element);
    for (const name of WORN) host.style.setProperty(`--st-${name}`, from.getPropertyValue(`--st-${name}`));
  }

  return { host, show, wear };
}

// Whatever shows rows to play: a list as Python's `player.rows_for` makes it, for `thePlayer().play`.
function listOf(data) {
  return { id: data.list, rows: data.rows, seconds: data.seconds || 0 };
}

// Streamlit calls a component at every run of the page. Where it has nothing new to say, what is drawn stays, with the
// focus and the strokes on it. `make` draws, and returns what is told of the player; `record.send` reaches Python.
const drawnBefore = new WeakMap();
function drawOnce(parentElement, root, data, send, make) {
  const player = thePlayer();
  player.wear(root);
  const text = JSON.stringify(data);
  let record = drawnBefore.get(parentElement);
  record?.unfollow();
  if (record?.text !== text) {
    const list = listOf(data);
    player.update(list);
    const focused = placeOfFocus(root);
    root.replaceChildren();
    record = { text, list, before: record?.list ?? null };
    record.send = send;
    record.hearts = [];
    record.heart = (parent, row) => record.hearts.push(makeHeart(parent, player.likes, () => row));
    const mark = make(record);
    let likes = player.likes.version();
    let nTold = player.likes.nTold();
    record.follower = (state) => {
      mark(state);
      if (likes !== state.likes) record.hearts.forEach((show) => show());
      likes = state.likes;
      if (data.isOfLiked && nTold !== player.likes.nTold()) record.send("liked", player.likes.nTold());
      nTold = player.likes.nTold();
    };
    drawnBefore.set(parentElement, record);
    if (focused) root.querySelector(focused)?.focus({ preventScroll: true });
    if (record.hearts.length) player.likes.refresh();
  }
  record.send = send;
  const unfollow = (record.unfollow = player.follow(record.follower));
  return unfollow;
}

// Where the focus is, in a list whose rows say their key: it stays with its row when that is drawn anew.
function placeOfFocus(root) {
  const element = root.getRootNode().activeElement;
  const row = root.contains(element) && element.closest("[data-key]");
  return row ? `[data-key="${CSS.escape(row.dataset.key)}"] .${element.classList[0]}` : "";
}

function add(parent, tag, name) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  parent.append(element);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function iconButton(parent, icon, label, name = "") {
  const button = add(parent, "button", `icon ${name}`);
  button.type = "button";
  setIcon(button, icon, label);
  return button;
}

function setIcon(button, icon, label) {
  if (button.getAttribute("aria-label") !== label) {
    button.setAttribute("aria-label", label);
    button.title = label;
  }
  if (button.dataset.icon === icon) return;
  button.dataset.icon = icon;
  button.replaceChildren(drawing(icon));
}

function drawing(icon) {
  const space = "http://www.w3.org/2000/svg";
  const image = document.createElementNS(space, "svg");
  image.setAttribute("viewBox", "0 0 24 24");
  image.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[icon]);
  image.append(path);
  return image;
}

// Audio lies below the app, wherever that is mounted (/, /music/, /~/+/): where its own scripts come from.
function address(url) {
  if (/^(blob|data|https?):/.test(url)) return url;
  const script = [...document.scripts].find((each) => each.src.includes("/static/"));
  return (script ? new URL(script.src).pathname.split("/static/")[0] : "") + url;
}

function clock(value) {
  const whole = Math.max(0, Math.floor(value || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
