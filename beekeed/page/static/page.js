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
  // What a part of the page is, whatever it holds.
  const keyOf = (node) => {
    const named = (name) => (node.getAttribute && node.getAttribute(name)) || "";
    return [node.nodeName, named("id"), named("action"), named("href")].join(" ");
  };
  // Makes what is shown like what is fresh, and leaves alone what is alike: neither the focus nor
  // the place of who listens to the page is lost, nor what was opened or typed.
  const mend = (shown, fresh) => {
    if (shown.isEqualNode(fresh) || shown.id === "live-said") return;
    if (shown.nodeType !== Node.ELEMENT_NODE) {
      shown.data = fresh.data;
      return;
    }
    for (const name of shown.getAttributeNames()) {
      if (!fresh.hasAttribute(name) && name !== "open" && name !== "tabindex") shown.removeAttribute(name);
    }
    for (const name of fresh.getAttributeNames()) shown.setAttribute(name, fresh.getAttribute(name));
    const left = [...shown.childNodes];
    for (const child of [...fresh.childNodes]) {
      const at = left.findIndex((each) => keyOf(each) === keyOf(child));
      if (at < 0) {
        shown.insertBefore(child, left[0] || null);
      } else {
        left.splice(0, at).forEach((each) => each.remove());
        mend(left.shift(), child);
      }
    }
    left.forEach((each) => each.remove());
  };
  // Fetches the page again and shows it; tells whether it did. Not its whole address: what a sync
  // would cost is read from the box for who asks, not each time.
  const refresh = async () => {
    const answer = await fetch(location.pathname);
    if (!answer.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.getElementById("main");
    const control = document.activeElement;
    const around = main.contains(control) && (control.closest("section") || main);
    mend(main, fresh.getElementById("main"));
    if (around && !control.isConnected) {
      const place = around.isConnected ? around : main;
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    }
    return true;
  };
  let seen = null; // what the page shows
  let latest = null; // what was told and not looked at yet
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    while (latest) {
      const told = latest;
      latest = null;
      const state = `${told.phase} ${told.event_id} ${told.status}`;
      const run = document.getElementById("live").dataset.run || null;
      const isOld = seen === null ? run !== running(told) : seen !== state;
      if (isOld && !(await refresh().catch(() => false))) {
        latest = latest || told;
        setTimeout(look, 5000);
        break;
      }
      draw(told);
      say(told, seen !== null && (isOld || seen !== state));
      seen = state;
    }
    isLooking = false;
  };
  // A browser does not ask again by itself where it was refused, as too many watch.
  const watch = () => {
    const source = new EventSource("/live");
    source.onmessage = (event) => {
      latest = JSON.parse(event.data);
      look();
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(watch, 60000);
    };
  };
  watch();
  // Screen readers say each phase and how it ended, and how far it is each ten seconds at most.
  let saidAt = Date.now();
  const say = (told, isNew) => {
    const phase = document.querySelector("#live strong");
    if (!isNew && (!phase || Date.now() - saidAt < 10000)) return;
    saidAt = Date.now();
    const outcome = document.querySelector("#main .notice p");
    const done = told.total ? `${told.done}/${told.total}` : "";
    document.getElementById("live-said").textContent = phase
      ? `${phase.textContent} ${done}`
      : outcome.textContent;
  };
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
