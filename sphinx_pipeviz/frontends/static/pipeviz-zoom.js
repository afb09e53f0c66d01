/* Shows a picture as large as the window, and larger. The words of the
   buttons come from the page. Touch screens do so by themselves. */
(() => {
  "use strict";
  /* Some sites run scripts again. */
  if (window.pipevizZooms) return;
  window.pipevizZooms = true;
  const STEP = 1.25;
  const FAR = 60;
  const MOST = 16;
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const dialog = make("dialog");
  const [room, bar, view] = ["room", "bar", "view"].map((name) =>
    make("div", { className: `pipeviz-${name}` }),
  );
  dialog.append(room);
  room.append(bar, view);
  view.tabIndex = 0;
  let now;

  const resize = (width) => {
    now.picture.style.width = `${width}px`;
    now.picture.style.height = `${width * now.ratio}px`;
  };

  const fit = () => {
    resize(0);
    now.fit = Math.min(view.clientWidth - 24, (view.clientHeight - 24) / now.ratio);
    resize(now.fit);
  };

  const boxOf = (element) => element.getBoundingClientRect();

  /* What is at a point of the window stays there; without one, what is in the middle. */
  const zoom = (by, x, y) => {
    const around = boxOf(view);
    const left = x ?? around.left + around.width / 2;
    const top = y ?? around.top + around.height / 2;
    const old = boxOf(now.picture);
    resize(Math.max(now.fit / 2, Math.min(old.width * by, now.fit * MOST)));
    const box = boxOf(now.picture);
    const more = box.width / old.width;
    view.scrollBy(box.left - left + (left - old.left) * more, box.top - top + (top - old.top) * more);
  };

  const keys = {
    "+": () => zoom(STEP),
    "=": () => zoom(STEP),
    "-": () => zoom(1 / STEP),
    0: fit,
    ArrowLeft: () => view.scrollBy(-FAR, 0),
    ArrowRight: () => view.scrollBy(FAR, 0),
    ArrowUp: () => view.scrollBy(0, -FAR),
    ArrowDown: () => view.scrollBy(0, FAR),
  };

  const button = (of, word, act, sign) => {
    const made = make("button", { type: "button", textContent: sign || word, onclick: act });
    if (sign) made.ariaLabel = made.title = word;
    of.append(made);
  };

  /* Of two pictures before a mark, for light and dark pages, one shows. */
  const before = (mark) =>
    [...mark.parentNode.querySelectorAll("img, svg")]
      .filter((one) => one.getClientRects().length && mark.compareDocumentPosition(one) & 2)
      .pop();

  const full = () =>
    document.fullscreenElement ? document.exitFullscreen() : room.requestFullscreen();

  const open = (mark) => {
    const picture = before(mark);
    if (!picture) return;
    const drawn = picture.viewBox ? picture.viewBox.baseVal : boxOf(picture);
    /* An empty copy keeps its place, so that the page stays where it is. */
    const home = picture.cloneNode();
    now = { picture, home, mark, ratio: drawn.height / drawn.width };
    picture.replaceWith(home);
    view.replaceChildren(picture);
    const words = mark.dataset;
    dialog.className = `pipeviz-large ${picture.classList[1] || ""}`;
    dialog.ariaLabel = picture.alt || picture.querySelector("title")?.textContent || words.open;
    bar.replaceChildren();
    button(bar, words.in, keys["+"], "+");
    button(bar, words.out, keys["-"], "\u2212");
    button(bar, words.fit, fit);
    if (document.fullscreenEnabled) button(bar, words.full, full);
    button(bar, words.close, () => dialog.close());
    /* Sites that replace the page do not close it. */
    dialog.open = false;
    mark.after(dialog);
    dialog.showModal();
    fit();
  };

  dialog.onclose = () => {
    const { picture, home, mark } = now;
    now = null;
    picture.style.cssText = home.style.cssText;
    home.replaceWith(picture);
    dialog.remove();
    mark.firstChild.focus();
  };

  dialog.onkeydown = (event) => {
    event.stopPropagation();
    const act = keys[event.key];
    const walks = event.key[1] && event.target.closest(".pv");
    if (!act || walks || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };

  view.onwheel = (event) => {
    event.preventDefault();
    const by = Math.exp(event.deltaY * (event.deltaMode ? -0.05 : -0.002));
    zoom(by, event.clientX, event.clientY);
  };
  view.ondragstart = () => false;
  view.onpointerdown = (event) => {
    if (event.pointerType === "mouse" && !event.target.closest("a, .pv-key"))
      view.setPointerCapture(event.pointerId);
  };
  view.onpointermove = (event) => {
    if (view.hasPointerCapture(event.pointerId))
      view.scrollBy(-event.movementX, -event.movementY);
  };
  addEventListener("resize", () => now && fit());

  /* Some sites replace the page without loading it again. */
  const look = () => {
    for (const mark of document.querySelectorAll(".pipeviz-zoom:empty")) {
      mark.closest("a")?.after(mark);
      button(mark, mark.dataset.open, () => open(mark));
      mark.hidden = false;
    }
  };
  look();
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();
