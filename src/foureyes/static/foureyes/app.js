// What README.md lists.

const doc = document;
const root = doc.documentElement;
const $ = (selector, from = doc) => from.querySelector(selector);
const $$ = (selector, from = doc) => [...from.querySelectorAll(selector)];
const on = (names, handle, capture) => names.split(" ").forEach((name) => doc.addEventListener(name, handle, capture));
const visible = (element) => element.checkVisibility();
const byId = (id) => doc.getElementById(id);

const say = (text) => {
  const region = byId("announce");
  if (region) region.textContent = text;
};

const stored = (key, value) => {
  try {
    return value === undefined ? localStorage[key] : (localStorage[key] = value);
  } catch { /* the browser keeps nothing */ }
};

const make = (tag, attributes = {}, ...children) => {
  const element = doc.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const icon = (name) => {
  const space = "http://www.w3.org/2000/svg";
  const svg = doc.createElementNS(space, "svg");
  const use = doc.createElementNS(space, "use");
  use.setAttribute("href", `${$("use")?.getAttribute("href").split("#")[0] ?? ""}#${name}`);
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
};

/* Theme */

const THEMES = { system: ["sun-moon", "dark"], dark: ["moon", "light"], light: ["sun", "system"] };

const showTheme = (theme, button) => {
  const [name, next] = THEMES[theme];
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  doc.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
  button.value = next;
  button.setAttribute("aria-label", `Colour theme: ${theme}`);
  button.replaceChildren(icon(name));
};

/* Times, in the words of the server */

const two = (whole, large, name, small, smallName) => {
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${name}${rest ? ` ${rest} ${smallName}` : ""}`;
};

const relative = (seconds) => {
  const whole = Math.floor(Math.abs(seconds));
  const days = Math.round(whole / 86400);
  if (whole < 60) return seconds <= 0 ? "just now" : "in less than a minute";
  const text = whole < 3600 ? two(whole, 60, "min", 60)
    : whole < 86400 ? two(whole, 3600, "h", 60, "min")
    : `${days} day${days > 1 ? "s" : ""}`;
  return seconds > 0 ? `in ${text}` : `${text} ago`;
};

const tick = () => {
  const now = Date.now();
  for (const time of $$("time[data-relative]")) {
    const text = relative((Date.parse(time.dateTime) - now) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
  for (const clock of $$("[data-clock]")) {
    const timeZone = clock.dataset.clock;
    clock.textContent = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(now);
  }
};

const echo = (field) => {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?/.exec(field.value) ?? [];
  const words = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  const text = day && new Intl.DateTimeFormat("en-GB", words).format(new Date(`${day}T00:00Z`)).replace(",", "");
  const target = byId(field.dataset.echo);
  if (target) target.textContent = text ? text + (time ? `, ${time}` : "") : "";
};

/* Toasts: three, for six seconds, errors until closed */

const show = (toast, level) => {
  const region = byId("toasts");
  if (!region) return;
  toast.className = "toast";
  toast.removeAttribute("role");
  toast.removeAttribute("data-toast");
  toast.append(make("button", { class: "iconbtn", type: "button", "aria-label": "Close", "data-toast-close": "" }, icon("x")));
  region.append(toast);
  const all = $$(".toast", region);
  if (all.length > 3) (all.find((one) => !one.matches("[data-stays]")) ?? all[0]).remove();
  if (level === "error") return void toast.setAttribute("data-stays", "");
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
  setTimeout(leave, 6000);
};

const toast = (text, level) => {
  const name = { error: "circle-alert", success: "circle-check" }[level] ?? "info";
  show(make("div", {}, icon(name), make("div", {}, text)), level);
};

on("toast", ({ detail }) => toast(detail.text ?? detail.value, detail.level));

/* Copying */

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // plain HTTP has no clipboard
    const area = make("textarea", { class: "vh" }, text);
    (doc.activeElement?.closest("dialog") ?? doc.body).append(area);
    area.select();
    doc.execCommand("copy");
    area.remove();
  }
  say("Copied");
};

/* The command palette */

const palette = {
  find: null,
  open() {
    if (!open("palette")) return false;
    const input = $("#palette input");
    input.select();
    palette.search(input);
    return true;
  },
  search(input) {
    clearTimeout(palette.timer);
    palette.find?.abort();
    palette.timer = setTimeout(() => palette.fetch(input).catch((error) => {
      if (error.name !== "AbortError") palette.list(input, [make("li", {}, "The server did not answer.")]);
    }), input.value ? 150 : 0);
  },
  async fetch(input) {
    palette.find = new AbortController();
    const url = `${input.closest("dialog").dataset.url}?q=${encodeURIComponent(input.value.trim())}`;
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial" };
    const answer = await fetch(url, { headers, signal: palette.find.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = $$("li:has(a[href])", page).slice(0, 8);
    palette.list(input, found.length ? found : [make("li", {}, input.value ? "Nothing found" : "Type to search")]);
  },
  list(input, items) {
    const list = byId(input.getAttribute("aria-controls"));
    items.forEach((item, index) => {
      const link = $("a[href]", item);
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      if (!link) return void item.setAttribute("aria-disabled", "true");
      item.dataset.href = link.getAttribute("href");
      link.replaceWith(...link.childNodes);
    });
    list.replaceChildren(...items);
    input.setAttribute("aria-expanded", "true");
    palette.choose(input, items.find((item) => item.dataset.href));
  },
  choose(input, item) {
    const list = byId(input.getAttribute("aria-controls"));
    for (const option of list.children) option.setAttribute("aria-selected", option === item);
    if (item) input.setAttribute("aria-activedescendant", item.id);
    else input.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  },
  key(event) {
    const options = $$("#palette [data-href]");
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) palette.choose(event.target, options.at((at + step) % options.length));
    else if (event.key !== "Enter" || !options[at]) return;
    else palette.go(options[at], event.ctrlKey || event.metaKey);
    event.preventDefault();
  },
  go(option, apart) {
    if (apart) window.open(option.dataset.href, "_blank", "noopener");
    else location.assign(option.dataset.href);
  },
};

/* Keys */

let waiting = 0;
const FIELDS = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
const ACTS = "form button:not([type=button]), [type=submit], [hx-post], [hx-delete], [hx-put], [hx-patch]";

const row = () => doc.activeElement.closest("[data-row]")
  ?? $("[data-row][aria-current=true], [data-row]:has([aria-current=true])");

const move = (step) => {
  const rows = $$("[data-row]").filter(visible);
  const at = rows.indexOf(row());
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step))];
  if (next) ($("[data-open]", next) ?? $("a[href]", next))?.focus();
  return next;
};

const open = (id) => {
  const dialog = byId(id);
  dialog?.showModal();
  return !!dialog; // without it the link is a link
};

const LETTERS = { j: () => move(1), k: () => move(-1), x: () => row()?.querySelector("[type=checkbox]")?.click(), "?": () => open("shortcuts") };

const act = (key) => {
  const selector = `[data-key="${CSS.escape(key)}"], [data-press="${CSS.escape(key)}"]`;
  const element = [...(row() ? $$(selector, row()) : []), ...$$(selector)].find(visible);
  if (!element) return LETTERS[key]?.();
  if (element.dataset.press && !element.matches(ACTS)) element.click();
  else element.focus();
  return element;
};

const leave = (target) => {
  if ($("dialog[open], :popover-open")) return;
  if (target.matches(FIELDS)) target.blur();
  else $$("[data-back]").filter(visible).at(-1)?.click();
};

const overGrid = (cell, key) => {
  const grid = cell.closest("[data-grid]");
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.dataset.grid, ArrowDown: +grid.dataset.grid }[key];
  const cells = $$("[data-cell]", grid);
  const next = step && cells[cells.indexOf(cell) + step];
  next?.focus();
  return next;
};

const pressed = (event) => {
  const { key, target, altKey, shiftKey } = event;
  const strong = event.ctrlKey || event.metaKey;
  if (event.isComposing || event.defaultPrevented || !target.closest) return;
  if (target.matches("#palette input")) return palette.key(event);
  if (strong && !altKey && !shiftKey && key.toLowerCase() === "k") return palette.open();
  if (strong && key === "Enter") {
    const button = $$(shiftKey ? "[data-dry-run]" : "[data-submit]", target.form ?? doc).find(visible);
    button?.click();
    return button;
  }
  if (key === "Escape") return leave(target);
  if (strong || altKey || key.length > 1 || doc.body.dataset.shortcuts === "off") {
    return !strong && !altKey && target.matches("[data-grid] [data-cell]") && overGrid(target, key);
  }
  if (target.closest(FIELDS) || $("dialog[open]")) return;
  const name = `${shiftKey && /[a-z]/i.test(key) ? "shift+" : ""}${key.toLowerCase()}`;
  if (waiting) {
    waiting = clearTimeout(waiting);
    const link = $(`[data-goto="${CSS.escape(name)}"]`);
    link?.click();
    return link;
  }
  if (name === "g") return void (waiting = setTimeout(() => { waiting = 0; }, 1500));
  return act(name);
};

on("keydown", (event) => { if (pressed(event)) event.preventDefault(); });

/* Clicks */

const stop = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

const CLICKS = {
  dialog: (opener) => open(opener.dataset.dialog),
  close: (button) => button.closest("dialog")?.close(),
  palette: () => palette.open(),
  href: (option, event) => palette.go(option, event.ctrlKey || event.metaKey),
  "toast-close": (button) => button.closest(".toast").remove(),
  "print-page": () => print(),
  copy: (button) => copy(button.dataset.copy),
  "copy-from": (button) => {
    const source = byId(button.dataset.copyFrom);
    copy(source.value ?? source.textContent.trim());
  },
  fill: (button) => {
    const field = byId(button.dataset.fill);
    field.value = button.value;
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
    field.focus();
  },
  fold: (button) => fold(button, button.getAttribute("aria-expanded") !== "true"),
};

const fold = (button, open) => {
  const part = byId(button.dataset.fold);
  if (!part) return;
  button.setAttribute("aria-expanded", open);
  part.hidden = !open;
  stored(`fold:${part.id}`, open ? "" : "1");
};

on("click", (event) => {
  // a button that is off for a reason keeps its focus, and does nothing
  const stopped = event.target.closest(":is(button, a):is([aria-disabled=true], [aria-busy=true])");
  if (stopped) stop(event);
}, true);

on("click", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.matches("dialog[open]")) return event.target.close();
  for (const name in CLICKS) {
    const element = event.target.closest(`[data-${name}]`);
    if (!element || (element.href && (event.ctrlKey || event.metaKey || event.shiftKey))) continue;
    if (CLICKS[name](element, event) !== false) event.preventDefault();
    return;
  }
});

/* Forms */

const sending = new WeakSet();
const changed = new Set();

const choose = (form) => {
  const choice = $("[data-choice]:checked, select[data-choice]", form);
  if (!choice) return;
  for (const part of $$("[data-type]", form)) {
    const shown = part.dataset.type.split(" ").includes(choice.value);
    part.hidden = !shown;
    if (part.matches("fieldset")) part.disabled = !shown;
  }
};

const count = (form) => {
  const boxes = $$("input[data-select]", form);
  const ticked = boxes.filter((box) => box.checked).length;
  for (const all of $$("[data-select-all]", form)) {
    all.checked = boxes.length > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  for (const place of $$("[data-selected]", form)) place.textContent = ticked;
  for (const part of $$("[data-selection]", form)) part.hidden = !ticked;
};

const mark = (form, is) => {
  if (is) changed.add(form);
  else changed.delete(form);
  form.toggleAttribute("data-changed", is);
};

on("input change", ({ target, type }) => {
  const form = target.form;
  if (target.matches("#palette input") && type === "input") palette.search(target);
  if (target.matches("[data-echo]")) echo(target);
  if (!form) return;
  if (form.matches("[data-guard]")) mark(form, true);
  if (target.matches("[data-choice]")) choose(form);
  if (target.matches("[data-select-all]")) for (const box of $$("input[data-select]", form)) box.checked = target.checked;
  if (target.matches("[data-select-all], [data-select]")) count(form);
});

on("submit", (event) => {
  if (sending.has(event.target)) stop(event);
}, true);

on("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.matches("[data-theme-form]")) {
    event.preventDefault();
    return showTheme(submitter.value, submitter);
  }
  mark(form, false);
  if (event.defaultPrevented || (submitter?.formMethod || form.method) !== "post") return;
  begin(form, submitter);
  setTimeout(end, 30000, form, submitter); // a file leaves the page as it is
});

const begin = (form, button) => {
  if (form) sending.add(form);
  button?.setAttribute("aria-busy", "true");
};

const end = (form, button) => {
  sending.delete(form);
  button?.removeAttribute("aria-busy");
};

addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const button of $$("[aria-busy=true]")) end(button.form, button);
});
addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

/* Requests of htmx */

const parties = ({ request, sourceElement }) => [
  sourceElement.matches("form") ? sourceElement : null,
  request.submitter ?? (sourceElement.matches("button, a") ? sourceElement : null),
];

on("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (doc.hidden && ctx.sourceElement.matches("[data-poll]")) event.preventDefault();
  else begin(...parties(ctx));
});

on("htmx:finally:request", ({ detail: { ctx } }) => {
  const [form, button] = parties(ctx);
  end(form, button);
  if (form?.isConnected && form.matches("[data-guard]") && ctx.response?.status >= 400) mark(form, true);
});

on("htmx:error htmx:response:error", ({ type, detail: { ctx } }) => {
  const asker = ctx?.sourceElement;
  if (asker?.matches("[data-poll]")) setTimeout(poll, 5000, asker);
  if (type === "htmx:error" && ctx?.sourceEvent?.isTrusted) {
    toast("The server did not answer. Nothing was lost, try again.", "error");
  }
});

const poll = (element) => htmx.trigger(element, "poll");

on("htmx:after:swap", ({ detail: { ctx } }) => {
  const { sourceEvent, sourceElement, target } = ctx;
  if (sourceElement?._htmx?.sse) return;
  arrived();
  const region = target?.isConnected ? target : byId(target?.id);
  if (!region || (sourceEvent?.type && !sourceEvent.isTrusted)) return; // polls leave the focus alone
  const lost = doc.activeElement === doc.body && $("h1, h2, h3", region);
  focus(region.matches("[data-focus]") ? region : $("[data-focus]", region) ?? lost);
});

on("visibilitychange", () => {
  if (doc.hidden) return;
  tick();
  $$("[data-poll]").forEach(poll);
});

const focus = (element) => {
  if (!element) return;
  if (element.tabIndex < 0) element.setAttribute("tabindex", "-1");
  element.focus();
};

/* What comes into the page */

const arrived = () => {
  for (const message of $$("[data-toast]")) show(message, message.dataset.toast);
  for (const form of $$("form:has([data-choice])")) choose(form);
  for (const form of $$("form:has([data-select])")) count(form);
  for (const form of $$("form[data-guard=changed]")) mark(form, true);
  for (const field of $$("[data-echo]")) echo(field);
  for (const button of $$("[data-fold]")) if (stored(`fold:${button.dataset.fold}`)) fold(button, false);
  for (const part of $$("details[data-remember]")) {
    const was = stored(`open:${part.dataset.remember}`);
    if (was) part.open = was === "1";
  }
  const number = $(".nav .count.hot")?.firstChild.textContent;
  doc.title = (number ? `(${number}) ` : "") + doc.title.replace(/^\(\d+\) /, "");
  tick();
};

on("toggle", ({ target }) => {
  if (target.dataset?.remember) stored(`open:${target.dataset.remember}`, target.open ? "1" : "0");
}, true);

let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = $$("details:not([open])");
  for (const part of unfolded) part.open = true;
});
addEventListener("afterprint", () => { for (const part of unfolded) part.open = false; });

arrived();
focus($("[data-focus]"));
setInterval(tick, 30000);
