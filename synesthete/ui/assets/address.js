// Streamlit makes every change of the address a step of the browser's Back, a slider moved as much as a sound chosen. Here
// a step is only what a visitor would go back to: another page, or one of STEPS. Any other change takes the place of the
// entry that is there. Nothing else of the browser's history is touched.
if (!window.synestheteAddress) {
  window.synestheteAddress = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  let isGoingBack = false; // Back or Forward came last, and nobody has touched the page since
  addEventListener("popstate", () => { isGoingBack = true; }, true);
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
    const isStep = STEPS.some((name) => from.searchParams.get(name) !== to.searchParams.get(name));
    (isStep ? push : replace)(state, title, url);
  };
}
