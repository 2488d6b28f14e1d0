// The matches as rows: play, names, how alike and why, and the next search.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".board");
  return drawOnce(parentElement, root, data, setTriggerValue, (record) => makeBoard(record, root, data));
}

function makeBoard(record, root, data) {
  const player = thePlayer();
  const list = record.list;
  if (!list.rows.length) return () => {}; // nothing yet: all that this does is be there
  if (list.rows.filter((row) => row.url).length > 1) makeAll();
  const items = makeRows();
  return mark;

  function makeAll() {
    const all = add(root, "button", "all");
    all.type = "button";
    all.append(drawing("play"));
    add(all, "span").textContent = data.all;
    all.onclick = () => player.play(list, list.rows.findIndex((row) => row.url));
  }

  function makeRows() {
    const board = add(root, "ol", "matches");
    return list.rows.map((row, number) => {
      const item = add(board, "li", "match");
      item.dataset.key = row.key;
      const go = add(item, "button", "go");
      go.type = "button";
      go.disabled = !row.url;
      const rank = add(go, "span", "rank");
      add(rank, "span", "number").textContent = number + 1;
      if (row.url) rank.append(drawing("play"));
      if (row.image) Object.assign(add(go, "img", "cover"), { src: address(row.image), alt: "", loading: "lazy" });
      const names = add(go, "span", "names");
      add(names, "span", "title").textContent = row.title;
      names.append(" "); // so that who reads the words alone has them apart
      names.before(" ");
      add(names, "span", "about").textContent = row.url ? row.about : row.place;
      go.title = row.place;
      go.onclick = () => (isNow(player.now(), row) ? player.toggle() : player.play(list, number));
      const like = add(item, "div", row.image ? "like covered" : "like");
      like.title = row.figure;
      add(like, "span", "words").textContent = row.note;
      add(add(like, "span", "meter"), "span", "fill").style.width = `${Math.round(100 * row.share)}%`;
      if (data.hasWhy) {
        const why = add(like, "button", "why");
        why.type = "button";
        why.textContent = "Why?";
        why.setAttribute("aria-label", `Why does ${row.title} match?`);
        why.onclick = () => record.send("why", row.key);
      }
      record.heart(item, row);
      const again = add(item, "button", "again");
      again.type = "button";
      again.append(drawing("more"));
      add(again, "span").textContent = "More like this";
      again.title = "Make this track the sound you ask about";
      again.setAttribute("aria-label", `More like this: ${row.title}`);
      again.onclick = () => record.send("again", row.key);
      return { item, go, rank, row, number };
    });
  }

  function isNow(state, row) {
    return state.list === list.id && state.row?.key === row.key;
  }

  function mark(state) {
    for (const { item, go, rank, row, number } of items) {
      const isHere = isNow(state, row);
      const shown = `${isHere} ${state.isPlaying}`;
      if (item.dataset.shown === shown) continue;
      item.dataset.shown = shown;
      item.classList.toggle("current", isHere);
      if (!row.url) {
        go.setAttribute("aria-label", [`${number + 1}: ${row.title}`, row.about, row.place].filter(Boolean).join(", "));
        continue;
      }
      const isSounding = isHere && state.isPlaying;
      rank.lastChild.replaceWith(drawing(isSounding ? "pause" : "play"));
      const parts = [`${isSounding ? "Pause" : "Play"} ${number + 1}: ${row.title}`, row.about, row.note, row.place];
      go.setAttribute("aria-label", parts.filter(Boolean).join(", "));
      if (isHere) go.setAttribute("aria-current", "true");
      else go.removeAttribute("aria-current");
    }
  }
}
