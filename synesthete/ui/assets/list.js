// A list heard through, such as a journey: a ribbon of pictures and a row for each stop, in the one player.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  return drawOnce(parentElement, root, data, setTriggerValue, (record) => makeList(record, root, data));
}

function makeList(record, root, data) {
  const player = thePlayer();
  const list = record.list;
  const transport = add(root, "div", "transport");
  const toggle = iconButton(transport, "play", "Play the list", "main");
  const what = add(transport, "div", "what");
  toggle.disabled = !list.rows.some((row) => row.url);
  toggle.onclick = () => {
    if (player.now().list === list.id) player.toggle();
    else player.play(list, list.rows.findIndex((row) => row.url));
  };
  const ribbon = add(root, "div", "ribbon");
  ribbon.setAttribute("aria-hidden", "true"); // the list below says the same
  const board = add(root, "ol", "stops");
  const cells = list.rows.map(makeCell);
  const buttons = list.rows.map(makeRow);
  let shown = "";
  return mark;

  function makeCell(row, number) {
    const cell = add(ribbon, "div", "cell");
    cell.title = row.title;
    if (row.image) add(cell, "img").src = row.image;
    cell.onclick = () => player.play(list, number);
    return cell;
  }

  function makeRow(row, number) {
    const item = add(board, "li", row.mark ? "stop seed" : "stop");
    item.dataset.key = row.key;
    const button = add(item, "button", "row");
    button.type = "button";
    const badge = add(button, "span", "badge");
    badge.textContent = row.mark || String(number + 1);
    const image = add(button, row.image ? "img" : "span", "thumb");
    if (row.image) Object.assign(image, { src: row.image, alt: "" });
    const names = add(button, "span", "names");
    add(names, "span", "title").textContent = row.title;
    names.append(" "); // so that who reads the words alone has them apart
    add(names, "span", "about").textContent = row.about;
    const step = add(button, "span", "step");
    if (row.note) {
      step.title = row.figure;
      add(step, "span", "words").textContent = row.note;
      add(add(step, "span", "bar"), "span", "fill").style.width = `${Math.round(100 * row.share)}%`;
    }
    add(button, "span", "from").textContent = row.place;
    for (const part of [names, step, button.lastChild]) part.before(" ");
    const parts = [`Play ${row.mark || number + 1}: ${row.title}`, row.about, row.note, row.place];
    button.setAttribute("aria-label", parts.filter(Boolean).join(", "));
    button.onclick = () => {
      const now = player.now();
      if (now.list === list.id && now.number === number) player.toggle();
      else player.play(list, number);
    };
    button.disabled = !row.url;
    record.heart(item, row);
    if (data.why.length) {
      const why = add(item, "button", "why");
      why.type = "button";
      why.classList.toggle("hidden", !data.why.includes(row.key)); // it keeps its place, so that columns stay in line
      why.textContent = "Why?";
      why.setAttribute("aria-label", `Why is ${row.title} like the one before?`);
      why.onclick = () => record.send("why", row.key);
    }
    return button;
  }

  function mark(state) {
    const at = state.list === list.id ? state.number : -1;
    const isSounding = at >= 0 && state.isPlaying;
    if (shown === `${at} ${isSounding}`) return;
    shown = `${at} ${isSounding}`;
    setIcon(toggle, isSounding ? "pause" : "play", isSounding ? "Pause the list" : "Play the list");
    const hint = list.rows.length ? data.hint : "";
    setText(what, at < 0 ? hint : `${at + 1} of ${list.rows.length} · ${list.rows[at].title}`);
    root.classList.toggle("playing", isSounding);
    cells.forEach((cell, number) => cell.classList.toggle("current", number === at));
    buttons.forEach((button, number) => {
      if (number === at) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    if (isSounding) buttons[at].closest("li").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}
