// A single track: a button that plays it in the one player.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".board");
  return drawOnce(parentElement, root, data, null, (record) => makeButton(record, root, data));
}

function makeButton(record, root, data) {
  const { list, before } = record;
  const player = thePlayer();
  const row = list.rows[0];
  const line = add(root, "div", "one");
  const button = add(line, "button", "all");
  button.type = "button";
  const sign = add(button, "span");
  const words = add(button, "span");
  record.heart(line, row);
  button.onclick = () => (isNow(player.now()) ? player.toggle() : player.play(list, 0));
  if (data.isStarted && before?.id !== list.id) player.play(list, 0);
  return mark;

  function mark(state) {
    const isSounding = isNow(state) && state.isPlaying;
    const icon = isSounding ? "pause" : "play";
    if (button.dataset.icon === icon) return;
    button.dataset.icon = icon;
    sign.replaceChildren(drawing(icon));
    words.textContent = isSounding ? "Pause" : ["Play", row.place].filter(Boolean).join(" ");
    button.setAttribute("aria-label", `${isSounding ? "Pause" : "Play"}: ${row.title}`);
  }

  function isNow(state) {
    return state.row?.key === row.key && state.list === list.id;
  }
}
