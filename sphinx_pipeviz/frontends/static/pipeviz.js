/* Pictures of sphinx-pipeviz: a task lights up its microbatch's way, the arrow keys walk
   from task to task, and entries of the legend show and hide theirs. Without this script
   the pictures are the same, and stand still. */
(() => {
  "use strict";
  /* Some sites run a page's scripts again when they come back to it. */
  if (window.pipevizRuns) return;
  window.pipevizRuns = true;
  const PICTURE = "svg.pipeviz-svg";
  const TASK = ".pv path";
  const tip = document.createElement("div");
  tip.className = "pipeviz-tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");

  const all = (svg, what) => [...svg.querySelectorAll(what)];
  const set = (element, values) => {
    for (const name in values) element.setAttribute(name, values[name]);
  };
  const title = (task) => task.querySelector("title").textContent;

  const place = (task) => {
    const [x, y] = task.getAttribute("d").slice(1).split("h")[0].split(" ").map(Number);
    return { task, x, y };
  };

  /* The tasks that show, from the top and from the left. */
  const rowsOf = (svg) => {
    const rows = new Map();
    for (const found of all(svg, ".pv:not(.pv-off) path").map(place))
      rows.set(found.y, [...(rows.get(found.y) || []), found]);
    const sorted = [...rows].sort((a, b) => a[0] - b[0]).map(([, row]) => row);
    for (const row of sorted) row.sort((a, b) => a.x - b.x);
    return sorted;
  };

  const light = (svg, task) => {
    for (const old of all(svg, ".pv-on")) old.classList.remove("pv-on");
    const number = task?.dataset.m;
    svg.classList.toggle("pv-lit", Boolean(number));
    if (number)
      for (const one of all(svg, `${TASK}[data-m="${number}"]`)) one.classList.add("pv-on");
  };

  const tell = (task) => {
    tip.hidden = !task;
    if (!task) return;
    tip.textContent = title(task);
    const room = task.closest("dialog");
    (room || document.body).append(tip);
    const box = task.getBoundingClientRect();
    const most = document.documentElement.clientWidth - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(4, Math.min(box.left, most)) + (room ? 0 : scrollX)}px`;
    tip.style.top = `${box.bottom + 4 + (room ? 0 : scrollY)}px`;
  };

  const leave = (svg) => {
    light(svg);
    tell();
  };

  /* What takes the focus: a task, or the link around it. */
  const hold = (task) => task.closest("a") || task;

  /* One stop for the Tab key per picture; it moves with the focus. */
  const stop = (svg, task) => {
    for (const old of all(svg, ".pv a, .pv [tabindex='0']")) set(old, { tabindex: -1 });
    if (!task) return;
    set(hold(task), { tabindex: 0 });
    if (hold(task) === task) set(task, { role: "img", "aria-label": title(task) });
  };

  const next = (rows, task, key) => {
    const at = rows.findIndex((row) => row.some((found) => found.task === task));
    if (at < 0) return null;
    const row = rows[at];
    const index = row.findIndex((found) => found.task === task);
    const beside = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: row.length - 1 };
    if (key in beside) return row[beside[key]];
    const other = { ArrowUp: rows[at - 1], ArrowDown: rows[at + 1] }[key];
    const far = (found) => Math.abs(found.x - row[index].x);
    return other?.reduce((best, found) => (far(found) < far(best) ? found : best));
  };

  const means = (key, { dataset }) =>
    (!key.dataset.k || key.dataset.k.split(" ").includes(dataset.k)) &&
    (!key.dataset.p || key.dataset.p === dataset.p);

  const press = (svg, _, event) => {
    const key = event.target.closest(".pv-key[role]");
    if (!key) return;
    event.preventDefault();
    set(key, { "aria-pressed": key.getAttribute("aria-pressed") === "false" });
    const off = all(svg, ".pv-key[aria-pressed=false]");
    for (const one of all(svg, "[data-k]:not(.pv-key)"))
      one.classList.toggle("pv-off", off.some((each) => means(each, one)));
    stop(svg, rowsOf(svg).flat().map((found) => found.task)[0]);
  };

  const type = (svg, task, event) => {
    const { key } = event;
    if (key === "Enter" || key === " ") press(svg, task, event);
    if (key === "Escape") leave(svg);
    if (!task || !/^(Arrow|Home|End)/.test(key) || event.altKey || event.ctrlKey || event.metaKey)
      return;
    /* Some sites turn the page at arrow keys. */
    event.stopPropagation();
    const found = next(rowsOf(svg), task, key);
    if (!found) return;
    event.preventDefault();
    stop(svg, found.task);
    hold(found.task).focus();
  };

  const wake = (svg) => {
    const rows = rowsOf(svg);
    if (!rows.length || svg.closest("a")) return;
    set(svg, { role: "group" });
    stop(svg, rows[0][0].task);
    for (const label of all(svg, ":scope > .pv-over")) set(label, { "aria-hidden": true });
    for (const key of all(svg, ".pv-key"))
      if (all(svg, ".pv").some((group) => means(key, group)))
        set(key, { role: "button", tabindex: 0, "aria-pressed": true });
    return true;
  };

  const acts = {
    pointerover: light,
    pointerout: (svg) => light(svg),
    focusin: (svg, task) => {
      if (!task) return;
      stop(svg, task);
      light(svg, task);
      if (hold(task).matches(":focus-visible")) tell(task);
    },
    focusout: leave,
    keydown: type,
    click: press,
  };

  const awake = new WeakMap();
  /* The document listens: Chromium lets the Tab key stop at a picture that does. */
  const hear = (event) => {
    const svg = event.target.closest?.(PICTURE);
    if (!awake.get(svg)) return;
    const at = event.target.closest(`${TASK}, .pv a`);
    acts[event.type](svg, at && (at.querySelector("path") || at), event);
  };
  for (const name in acts) document.addEventListener(name, hear, true);

  /* Some sites replace the page without loading it again. */
  const look = () => {
    for (const svg of all(document, PICTURE))
      if (!awake.has(svg)) awake.set(svg, wake(svg));
  };
  look();
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();
