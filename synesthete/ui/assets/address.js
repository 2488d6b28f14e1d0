// Streamlit makes every change of the address a step of the browser's Back, a slider moved as much as a sound chosen. Here
// a step is only what a visitor would go back to: another page, or one of STEPS. Any other change takes the place of the
// entry that is there. What one of WINDOWS says is open over the page: closed, it is as if it had not been opened, so that
// Back leads to what was before. Nothing else of the browser's history is touched.
if (!window.synestheteAddress) {
  window.synestheteAddress = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  let isGoingBack = false; // Back or Forward came last, and nobody has touched the page since
  let isClosing = false; // a step back is ours, to the entry from which a window was opened
  addEventListener("popstate", (event) => {
    if (isClosing) event.stopImmediatePropagation(); // Streamlit knows already
    else isGoingBack = true;
    isClosing = false;
  }, true);
  addEventListener("pointerdown", () => { isGoingBack = false; }, true);
  addEventListener("keydown", (event) => { isGoingBack &&= event.altKey || event.metaKey; }, true);

  history.pushState = (state, title, url) => {
    const from = new URL(location.href);
    const to = new URL(url ?? "", location.href);
    if (from.pathname !== to.pathname) {
      // Of two Backs in quick succession the page of the first begins when the address is at the second: it would be put
      // on top, and the way forward be lost.
      if (!isGoingBack) push(state, title, url);
      return;
    }
    const isOther = (name) => from.searchParams.get(name) !== to.searchParams.get(name);
    const isOpened = WINDOWS.some((name) => isOther(name) && !from.searchParams.has(name));
    const isClosed = !STEPS.some((name) => isOther(name) && !(WINDOWS.includes(name) && !to.searchParams.has(name)));
    if (isOpened) push({ ...state, openedFrom: from.href }, title, url);
    else if (isClosed && history.state?.openedFrom === to.href) {
      isClosing = true;
      history.back();
    } else (isClosed ? replace : push)(state, title, url);
  };

  // The pages by name of a narrow window go by the menu's links, which Streamlit follows without loading the document anew.
  addEventListener("click", (event) => {
    const link = event.target.closest?.(".synesthete-pages a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const same = [...document.querySelectorAll("section a[href]")].find((each) => each.textContent.endsWith(link.textContent));
    if (!same) return;
    event.preventDefault();
    same.click();
  });
}
