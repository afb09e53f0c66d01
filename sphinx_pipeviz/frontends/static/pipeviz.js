/* Pictures of sphinx-pipeviz: a task lights up its microbatch's way; the arrow keys walk
   from task to task. Without this script the pictures are the same, and stand still. */
(() => {
  "use strict";
  const tip = document.createElement("div");
  tip.className = "pipeviz-tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");

  const place = (task) => {
    const [x, y] = task.getAttribute("d").slice(1).split("h")[0].split(" ").map(Number);
    return { task, x, y };
  };

  const rowsOf = (svg) => {
    const rows = new Map();
    for (const found of [...svg.querySelectorAll(".pv > path")].map(place)) {
      if (!rows.has(found.y)) rows.set(found.y, []);
      rows.get(found.y).push(found);
    }
    const sorted = [...rows.keys()].sort((a, b) => a - b).map((y) => rows.get(y));
    for (const row of sorted) row.sort((a, b) => a.x - b.x);
    return sorted;
  };

  const light = (svg, task) => {
    for (const old of svg.querySelectorAll(".pv-on")) old.classList.remove("pv-on");
    const number = task && task.dataset.m;
    svg.classList.toggle("pv-lit", Boolean(number));
    if (!number) return;
    for (const one of svg.querySelectorAll(`.pv > path[data-m="${CSS.escape(number)}"]`))
      one.classList.add("pv-on");
  };

  const tell = (task) => {
    tip.hidden = !task;
    if (!task) return;
    tip.textContent = task.querySelector("title").textContent;
    document.body.append(tip);
    const box = task.getBoundingClientRect();
    const most = document.documentElement.clientWidth - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(4, Math.min(box.left, most)) + scrollX}px`;
    tip.style.top = `${box.bottom + 4 + scrollY}px`;
  };

  /* One stop for the Tab key per picture; it moves with the focus. */
  const stop = (svg, task) => {
    for (const old of svg.querySelectorAll(".pv > [tabindex='0']"))
      old.setAttribute("tabindex", "-1");
    task.setAttribute("tabindex", "0");
    task.setAttribute("role", "img");
    task.setAttribute("aria-label", task.querySelector("title").textContent);
  };

  const next = (rows, task, key) => {
    const at = rows.findIndex((row) => row.some((found) => found.task === task));
    const row = rows[at];
    const index = row.findIndex((found) => found.task === task);
    const beside = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: row.length - 1 };
    if (key in beside) return row[beside[key]];
    const other = { ArrowUp: rows[at - 1], ArrowDown: rows[at + 1] }[key];
    const far = (found) => Math.abs(found.x - row[index].x);
    return other && other.reduce((best, found) => (far(found) < far(best) ? found : best));
  };

  const wake = (svg) => {
    const rows = rowsOf(svg);
    if (!rows.length || svg.closest("a")) return;
    svg.setAttribute("role", "group");
    stop(svg, rows[0][0].task);
    const task = (event) => event.target.closest(".pv > path");
    svg.addEventListener("pointerover", (event) => light(svg, task(event)));
    svg.addEventListener("pointerleave", () => light(svg, null));
    svg.addEventListener("focusin", (event) => {
      if (!task(event)) return;
      stop(svg, task(event));
      light(svg, task(event));
      if (task(event).matches(":focus-visible")) tell(task(event));
    });
    svg.addEventListener("focusout", () => {
      light(svg, null);
      tell(null);
    });
    svg.addEventListener("keydown", (event) => {
      if (!task(event)) return;
      if (event.key === "Escape") {
        light(svg, null);
        tell(null);
        return;
      }
      const found = next(rows, task(event), event.key);
      if (!found) return;
      event.preventDefault();
      stop(svg, found.task);
      found.task.focus();
    });
  };

  document.querySelectorAll("svg.pipeviz-svg").forEach(wake);
})();
