// The log of a run, by the attributes that README.md lists.

const log = document.querySelector("[data-log]");
const view = log.querySelector("[data-log-view]");
const part = (name) => log.querySelector(`[data-log-${name}]`);
const LIMIT = 50000;
let following = !!part("follow");
let top = 0;
let fresh = 0;
let cursor = view.querySelector(":target");
let told = false;

const say = (text) => { document.getElementById("announce").textContent = text; };
const counted = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
const lines = (selector = "li") => [...view.querySelectorAll(selector)].filter((line) => line.checkVisibility());
const current = () => document.activeElement.closest("[data-log-view] li") ?? cursor;
const number = () => +(view.querySelector("ol:last-of-type > li:last-child")?.id.slice(1) ?? 0);

/* Following */

const toEnd = () => { view.scrollTop = view.scrollHeight; };

const heights = new ResizeObserver(() => { if (following) toEnd(); });

const follow = (is) => {
  following = is;
  fresh = is ? 0 : fresh;
  part("follow")?.setAttribute("aria-pressed", is);
  const news = part("new");
  news.hidden = !fresh;
  news.textContent = counted(fresh, "new line");
  if (is) toEnd();
};

view.addEventListener("scroll", () => {
  const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 24;
  if (atEnd !== following && (atEnd || view.scrollTop < top - 1)) follow(atEnd);
  top = view.scrollTop;
}, { passive: true });

const pour = (batch) => {
  let list = batch.previousElementSibling;
  for (const line of [...batch.children]) {
    if (!(list?.childElementCount < 100)) {
      if (list) list.className = "full";
      list = document.createElement("ol");
      batch.before(list);
      heights.observe(list);
    }
    list.append(line);
  }
  batch.remove();
};

const appended = (batches) => {
  for (const batch of batches) {
    if (!following) fresh += batch.children.length;
    const step = [...batch.querySelectorAll("li > b")].pop();
    const error = !told && batch.querySelector("li.e > .m");
    if (error) told = true;
    if (error || step) say((error || step).textContent);
    pour(batch);
  }
  while (view.childElementCount > 1 && number() - view.querySelector("li").id.slice(1) >= LIMIT) {
    view.querySelector("ol").remove();
    top = 0; // nobody scrolled up
    view.dataset.complete = "false";
    const earlier = part("earlier");
    earlier.hidden = earlier.parentElement.hidden = false;
    earlier.href = `?before=${view.querySelector("li").id.slice(1)}`;
  }
  if (!following) follow(false);
};

const arrivals = new MutationObserver((changes) => {
  const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.matches?.("ol"));
  if (added.length) appended(added);
  arrivals.takeRecords();
});
arrivals.observe(view, { childList: true });

/* Going to lines */

const go = (line) => {
  if (!line) return;
  cursor = line;
  follow(false);
  line.scrollIntoView({ block: "center" });
  line.querySelector("a").focus({ preventScroll: true });
};

const next = (found, step) => {
  const from = current();
  const before = Node.DOCUMENT_POSITION_PRECEDING;
  const past = (line) => !from || (line !== from && !!(from.compareDocumentPosition(line) & before) === step < 0);
  const ahead = found.filter(past);
  return (step > 0 ? ahead[0] : ahead.at(-1)) ?? found.at(step > 0 ? 0 : -1);
};

const ACTIONS = {
  follow: () => follow(!following),
  new: () => follow(true),
  error: (button) => go(next(lines("li.e"), +button.dataset.logError)),
  wrap: (button) => button.setAttribute("aria-pressed", !view.classList.toggle("nowrap")),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : log.requestFullscreen()),
  link: (button) => {
    button.dataset.copy = current()?.querySelector("a").href ?? location.href;
  },
};

// Before the general handler, which copies what data-copy says.
log.addEventListener("click", ({ target }) => {
  for (const name in ACTIONS) {
    const button = target.closest(`[data-log-${name}]`);
    if (button) ACTIONS[name](button);
  }
});

/* Levels and searching */

log.addEventListener("change", () => {
  const boxes = [...log.querySelectorAll("[data-log-level]:not(:checked)")];
  view.dataset.hide = boxes.map((box) => box.dataset.logLevel).join(" ");
});

const search = (field) => {
  const text = field.value.toLowerCase();
  const found = text ? lines().filter((line) => line.textContent.toLowerCase().includes(text)) : [];
  const texts = found.flatMap((line) => [line.querySelector(".m").firstChild, line.querySelector("details")?.lastChild]);
  const ranges = texts.flatMap((node) => {
    const at = node?.data?.toLowerCase().indexOf(text) ?? -1;
    if (at < 0) return [];
    node.parentNode.open = true; // a fold
    return new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset: at + text.length });
  });
  CSS.highlights?.set("log-find", new Highlight(...ranges.slice(0, 1000)));
  part("found").textContent = text ? counted(found.length, "line") : "";
  return found;
};

const local = ({ target }) => target.matches("[data-log-find]") && view.dataset.complete !== "false";

log.addEventListener("input", (event) => { if (local(event)) search(event.target); });
log.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !local(event)) return;
  event.preventDefault();
  go(next(search(event.target), event.shiftKey ? -1 : 1));
  event.target.focus({ preventScroll: true });
});

/* The stream */

let away = 0;

const lost = (is, seconds) => {
  away = clearTimeout(away);
  part("lost").hidden = !is;
  part("line").textContent = number();
  part("retry").textContent = seconds ? `retry in ${seconds} s` : "";
  if (seconds) away = setTimeout(lost, 1000, true, seconds - 1);
};

const poll = (source) => {
  const spare = part("poll");
  if (!spare) return;
  const sentinel = spare.content.firstElementChild.cloneNode(true);
  sentinel.setAttribute("hx-get", sentinel.getAttribute("hx-get") + number());
  source.replaceWith(sentinel);
  htmx.process(sentinel);
};

document.addEventListener("htmx:sse:before:connection", ({ detail: { connection }, target }) => {
  if (connection.attempt > 2) return setTimeout(poll, 0, target);
  if (connection.attempt) away ||= setTimeout(lost, 1500, true);
});
// What arrives together would be one task.
document.addEventListener("htmx:sse:before:message", ({ detail }) => detail.waitUntil(new Promise(setTimeout)));
document.addEventListener("htmx:sse:after:connection", () => lost(false));
document.addEventListener("htmx:sse:close", ({ detail }) => { if (detail.reason === "message") lost(false); });
for (const name of ["htmx:error", "htmx:after:request"]) {
  log.addEventListener(name, ({ detail: { ctx } }) => {
    const is = !(ctx?.response?.status < 500);
    lost(is, is && 5); // app.js asks again then
  });
}

for (const batch of view.querySelectorAll("ol")) pour(batch);
arrivals.takeRecords();
if (following && !cursor) toEnd();
