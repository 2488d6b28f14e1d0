// A single track: a button that plays it in the one player.
const buttons = new WeakMap();

export default function ({ data, parentElement }) {
  const player = thePlayer();
  const root = parentElement.querySelector(".board");
  player.wear(root);
  const list = listOf(data);
  const row = list.rows[0];
  const before = buttons.get(parentElement);
  before?.stop();
  root.replaceChildren();
  const button = add(root, "button", "all");
  button.type = "button";
  const sign = add(button, "span");
  const words = add(button, "span");
  button.onclick = () => (isNow(player.now()) ? player.toggle() : player.play(list, 0));
  if (data.isStarted && before?.key !== row.key) player.play(list, 0);
  const stop = player.follow((state) => {
    const isSounding = isNow(state) && state.isPlaying;
    const icon = isSounding ? "pause" : "play";
    if (button.dataset.icon === icon) return;
    button.dataset.icon = icon;
    sign.replaceChildren(drawing(icon));
    words.textContent = isSounding ? "Pause" : ["Play", row.place].filter(Boolean).join(" ");
    button.setAttribute("aria-label", `${isSounding ? "Pause" : "Play"}: ${row.title}`);
  });
  buttons.set(parentElement, { key: row.key, stop });
  return stop;

  function isNow(state) {
    return state.row?.key === row.key && state.list === list.id;
  }
}
