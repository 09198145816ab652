// Live updates, on top of a page that works without them.
"use strict";
(() => {
  if (!window.EventSource || !document.getElementById("live")) return;
  // As the page itself writes bytes: what stands around the number is in the page's language.
  const size = (count) => {
    const { units, mark } = document.getElementById("live").dataset;
    const texts = units.split("|");
    let step = 0;
    for (; count >= 1000 && step < texts.length - 1; step++) count /= 1000;
    return texts[step].replace("{count}", step ? count.toFixed(1).replace(".", mark) : count);
  };
  // Fetches the page again and puts its content in the place of what is shown. Not its whole
  // address: what a sync would cost is read from the box for who asks, not each time.
  const refresh = async () => {
    const answer = await fetch(location.pathname);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.getElementById("main");
    const opened = [...main.querySelectorAll("details")].map((each) => each.open);
    main.replaceChildren(...fresh.getElementById("main").childNodes);
    main.querySelectorAll("details").forEach((each, number) => {
      each.open = Boolean(opened[number]);
    });
  };
  let seen = null; // what the page shows
  let latest = null;
  const look = async () => {
    if (latest === null) return;
    const told = latest;
    const state = `${told.phase} ${told.event_id} ${told.status}`;
    const shown = document.getElementById("live");
    const isOld = seen === null ? (shown.dataset.run || null) !== running(told) : seen !== state;
    if (isOld && document.activeElement.matches("input, select, textarea")) return; // in use
    seen = state;
    if (isOld) await refresh();
    draw(told);
  };
  const source = new EventSource("/live");
  source.onmessage = (event) => {
    latest = JSON.parse(event.data);
    look();
  };
  // Once nobody types any more; not in the middle of the press that took the focus away.
  document.addEventListener("focusout", () => setTimeout(look, 1000));
  const running = (told) =>
    told.status === "running" || told.status === "stopping" ? told.event_id : null;
  const draw = (told) => {
    const bar = document.getElementById("live-bar");
    const text = document.getElementById("live-text");
    if (!bar || !text) return;
    if (told.total) {
      bar.max = told.total;
      bar.value = told.done;
      text.textContent = `${told.done}/${told.total}, ↑ ${size(told.sent)} ↓ ${size(told.received)}`;
    } else {
      bar.removeAttribute("value");
      text.textContent = told.sent ? `↑ ${size(told.sent)} ↓ ${size(told.received)}` : "";
    }
  };
})();
// In the grid of hours the arrow keys go from box to box.
(() => {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".grid td");
    const step = steps[event.key];
    if (!cell || !step) return;
    const across = document.dir === "rtl" ? -step[1] : step[1];
    const line = cell.closest("table").rows[cell.parentElement.rowIndex + step[0]];
    const box = line && line.cells[cell.cellIndex + across]?.querySelector("input");
    if (!box) return;
    event.preventDefault();
    box.focus();
  });
})();
