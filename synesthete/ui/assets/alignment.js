// Why two sounds match: their pictures side by side, and every segment of one against every segment of the other. A click
// plays both from there: they run together, and A and B say which of the two is heard. The one player of the app plays a
// list, one sound after the other; here two run at once, so there are two more audio elements.
const running = new WeakMap();

export default function ({ data, parentElement }) {
  running.get(parentElement)?.();
  const root = parentElement.querySelector(".alignment");
  root.replaceChildren();
  const sides = data.sides.map((side) => ({ ...side, audio: side.url ? makeAudio(side.url) : null }));
  const [rows, columns] = sides.map((side) => side.starts.length);
  const cosines = Uint8Array.from(atob(data.cosines), (letter) => letter.charCodeAt(0));
  const along = new Map(data.path.map(([row, column]) => [`${row} ${column}`, true]));
  let heard = 0; // which of the two sounds
  let here = [...data.best];

  thePlayer().wear(root);
  if (data.pictures.length) showPictures();
  const frame = add(root, "div", "frame");
  add(frame, "div", "side vertical").textContent = `↓ A · ${span(sides[0])}`;
  const canvas = add(frame, "canvas", "grid");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  add(frame, "div", "side horizontal").textContent = `B · ${span(sides[1])} →`;
  const transport = add(root, "div", "transport");
  const toggle = add(transport, "button", "main");
  toggle.type = "button";
  const choices = sides.map((side, number) => {
    const button = add(transport, "button", "choice");
    button.type = "button";
    add(button, "b").textContent = "AB"[number];
    add(button, "span").textContent = side.name;
    button.disabled = !side.audio;
    button.onclick = () => hear(number);
    return button;
  });
  const said = add(root, "div", "said");
  said.setAttribute("role", "status");

  add(root, "div", "hint").textContent = data.hint;

  function showPictures() {
    const pair = add(root, "div", "pair");
    data.pictures.forEach((picture, number) => {
      const figure = add(pair, "figure");
      const title = add(figure, "figcaption");
      add(title, "b").textContent = `${"AB"[number]} · ${picture.name}`;
      add(title, "span").textContent = picture.place;
      const box = add(figure, "button", "box");
      box.type = "button";
      Object.assign(add(box, "img"), { src: address(picture.src), alt: picture.alt });
      box.title = "Play both from here";
      for (const [text, share] of data.ticks) {
        const tick = add(box, "span", "tick");
        tick.textContent = text;
        tick.style.bottom = `${100 * share}%`;
      }
      box.onclick = () => {
        heard = number;
        playFrom([...data.best]);
      };
    });
    if (data.told) Object.assign(add(root, "div", "told"), { textContent: data.told, title: data.figures });
  }

  function span({ name, starts }) {
    return `${name}, ${clock(starts[0])} to ${clock(starts[starts.length - 1] + data.seconds)}`;
  }

  function makeAudio(url) {
    const audio = new Audio(address(url));
    audio.preload = "none";
    audio.onplay = audio.onpause = show;
    document.body.append(audio); // shows nothing; there other players find it, and pause it
    return audio;
  }

  function audible() {
    return sides[heard].audio ?? sides[1 - heard].audio;
  }

  function playFrom(pair) {
    here = pair;
    for (const other of document.querySelectorAll("audio")) other.pause();
    sides.forEach((side, number) => {
      if (!side.audio) return;
      const start = () => (side.audio.currentTime = side.starts[pair[number]]);
      if (side.audio.readyState > 0) start();
      else side.audio.addEventListener("loadedmetadata", start, { once: true });
      side.audio.play().catch((problem) => {
        if (problem.name === "NotAllowedError") said.textContent = "The browser wants you to press play yourself.";
      });
    });
    if (!sides[heard].audio) heard = 1 - heard;
    draw();
    show();
  }

  function hear(number) {
    heard = number;
    show();
    if (audible()?.paused) playFrom(here);
  }

  toggle.onclick = () => {
    if (audible() && !audible().paused) sides.forEach((side) => side.audio?.pause());
    else playFrom(here);
  };

  function show() {
    const isPlaying = Boolean(audible() && !audible().paused);
    toggle.textContent = isPlaying ? "Pause" : "Play both";
    toggle.disabled = !audible();
    sides.forEach((side, number) => {
      if (side.audio) side.audio.muted = number !== heard;
      choices[number].setAttribute("aria-pressed", String(number === heard));
    });
    tell();
  }

  function value([row, column]) {
    return cosines[row * columns + column] / 127.5 - 1;
  }

  function tell() {
    const [one, other] = sides.map((side, number) => `${"AB"[number]} ${clock(side.starts[here[number]])}`);
    const path = along.has(here.join(" ")) ? ", on the path" : "";
    said.textContent = `${one} · ${other}${path}`;
    said.title = `cosine ${value(here).toFixed(2)}`;
    canvas.setAttribute("aria-label", `${data.alt} At ${said.textContent}. Arrows move, Enter plays.`);
  }

  function draw() {
    const width = canvas.clientWidth || 300;
    const height = canvas.clientHeight || 120;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const [wide, high] = [width / columns, height / rows];
    const lowest = cosines.reduce((low, next) => Math.min(low, next), 255);
    const highest = cosines.reduce((high, next) => Math.max(high, next), 0);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const share = (cosines[row * columns + column] - lowest) / Math.max(highest - lowest, 1);
        pen.fillStyle = colour(share * share);
        pen.fillRect(column * wide, row * high, wide + 0.6, high + 0.6);
      }
    }
    const middle = ([row, column]) => [(column + 0.5) * wide, (row + 0.5) * high];
    for (const [thickness, style] of [[5, "rgba(6, 7, 12, .85)"], [2.5, "#ffffff"]]) {
      pen.beginPath();
      data.path.forEach((pair) => pen.lineTo(...middle(pair)));
      Object.assign(pen, { lineWidth: thickness, strokeStyle: style, lineJoin: "round", lineCap: "round" });
      if (data.path.length === 1) pen.arc(...middle(data.path[0]), 1, 0, 2 * Math.PI);
      pen.stroke();
    }
    for (const [radius, style] of [[8, "rgba(6, 7, 12, .85)"], [6, "#ffffff"]]) {
      pen.beginPath();
      pen.arc(...middle(here), radius, 0, 2 * Math.PI);
      Object.assign(pen, { lineWidth: 2.5, strokeStyle: style });
      pen.stroke();
    }
  }

  function at(event) {
    const edge = canvas.getBoundingClientRect();
    const place = (position, length, count) => Math.max(0, Math.min(count - 1, Math.floor((position / length) * count)));
    return [place(event.clientY - edge.top, edge.height, rows), place(event.clientX - edge.left, edge.width, columns)];
  }

  canvas.onclick = (event) => playFrom(at(event));
  canvas.onmousemove = (event) => {
    const [row, column] = at(event);
    const times = [sides[0].starts[row], sides[1].starts[column]].map(clock);
    canvas.title = `A ${times[0]} · B ${times[1]} · cosine ${value([row, column]).toFixed(2)}`;
  };
  canvas.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") playFrom(here);
    else if (step) {
      here = [Math.max(0, Math.min(rows - 1, here[0] + step[0])), Math.max(0, Math.min(columns - 1, here[1] + step[1]))];
      draw();
      tell();
    } else return;
    event.preventDefault();
  };

  const watcher = new ResizeObserver(draw);
  watcher.observe(canvas);
  canvas.style.height = `${Math.max(5, Math.min(14, rows * 0.9))}rem`;
  draw();
  show();
  const stop = () => {
    watcher.disconnect();
    for (const side of sides) {
      side.audio?.pause();
      side.audio?.remove();
    }
  };
  running.set(parentElement, stop);
  return stop;
}

// Near black to the map's blue to near white: lighter is more alike, on either theme.
function colour(share) {
  const [from, to, place] = share < 0.6 ? [[6, 7, 12], [91, 155, 255], share / 0.6] : [[91, 155, 255], [235, 244, 255], (share - 0.6) / 0.4];
  return `rgb(${from.map((value, number) => Math.round(value + (to[number] - value) * place)).join(", ")})`;
}
