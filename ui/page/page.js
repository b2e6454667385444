// What the browser does by itself: sends what is clicked as data, keeps the ids of the case for a reload, and keeps
// the reader's place (focus, opened cards, chosen view) when a part of the page is drawn anew.
// Runs once, in Gradio's component around the box for the story; `trigger` hands data to the server.

const CASE = "citedx.case", DRAFT = "citedx.draft", SETTING = "citedx.setting", LANGUAGE = "citedx.language";
const $ = (selector) => document.querySelector(selector);
const kept = () => JSON.parse(sessionStorage.getItem(CASE) ?? "null");
const consultation = () => $("[data-consultation]")?.dataset.consultation ?? "";
const language = () => localStorage.getItem(LANGUAGE) ?? navigator.language;
const act = (data) => trigger("click", {
  ...data, language: language(), setting: localStorage.getItem(SETTING), consultation: consultation(), kept: kept(),
});
document.addEventListener("citedx:act", (event) => act(event.detail));

// --- the story ---
let sent = "", sentAt = 0;
const send = () => {
  const box = $("#story");
  if (!box.value || (box.value === sent && Date.now() - sentAt < 1000)) return;  // Send was clicked twice
  [sent, sentAt] = [box.value, Date.now()];  // it stays in the box until the server has it
  act({kind: "tell", text: sent});
};
let loggedOut = false;  // then nothing of the case stays in the tab, nor in the browser's cache of pages
window.addEventListener("pageshow", (event) => { if (event.persisted && loggedOut) location.reload(); });
// What is being written outlives a reload, which Gradio does by itself when a lost server is back, and no more than that.
window.addEventListener("pagehide", () => {
  if (loggedOut) { watcher.disconnect(); document.body.replaceChildren(); sessionStorage.clear(); }
  else if ($("#story").value) sessionStorage.setItem(DRAFT, $("#story").value);
});
$("#story").value = sessionStorage.getItem(DRAFT) ?? "";
sessionStorage.removeItem(DRAFT);
element.addEventListener("submit", (event) => { event.preventDefault(); send(); });
element.addEventListener("keydown", (event) => {
  // An input method ends its composition with Enter, too.
  if (event.target.id === "story" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});

// --- what is clicked and changed ---
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-action]");
  if (asked) {
    const data = JSON.parse(asked.dataset.action);
    if (data.kind === "new") { sessionStorage.removeItem(CASE); $("#story").focus(); }
    act(data);
    if (data.kind === "care") {
      showView("care");
      $("#view-care").setAttribute("aria-busy", "true");
      $("#tab-care").focus({preventScroll: true});
      $("#tab-care").scrollIntoView({inline: "nearest"});
    }
  }
  const out = event.target.closest("[data-log-out]");
  if (out) {
    event.preventDefault();
    loggedOut = true;
    location.replace(out.href);  // the next user of this browser has no page to go back to
  }
  const example = event.target.closest("[data-fill]");
  if (example) { $("#story").value = example.dataset.fill; $("#story").focus(); }
  if (event.target.closest("a.cite")) showView("evidence");
  const tab = event.target.closest("[role=tab]");
  if (tab) showView(tab.dataset.tab);
});
document.addEventListener("change", ({target}) => {
  const field = target.dataset?.field;
  if (field === "language") {
    localStorage.setItem(LANGUAGE, target.value);
    act({kind: "language", value: target.value});
  } else if (field === "setting") {
    localStorage.setItem(SETTING, target.value);
    act({kind: "setting", value: target.value});
  } else if (field === "sex") {
    act({kind: "sex", value: target.value});
  } else if (field?.startsWith("age")) {
    const n = $("[data-field=age]").value;
    act({kind: "age", value: n && `P${n}${$("[data-field=age-unit]").value}`});
  }
});

// --- views of the answer ---
let view = null;
const showView = (name) => {
  if (!$(`[data-tab="${name}"]`)) return;
  view = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    $(`#view-${tab.dataset.tab}`).hidden = !chosen;
  }
};
document.addEventListener("keydown", (event) => {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step || event.target.getAttribute("role") !== "tab") return;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const next = tabs.at((tabs.indexOf(event.target) + step) % tabs.length);
  showView(next.dataset.tab);
  next.focus();
});

// --- what is drawn anew ---
let focused = null;
const opened = new Map();
document.addEventListener("focusin", ({target}) => { focused = target.dataset?.key ?? null; });
document.addEventListener("click", ({target}) => {
  const details = target.closest("summary")?.parentElement;
  if (details?.dataset.key) opened.set(details.dataset.key, !details.open);
});

// Gradio changes elements in place, so that what had the focus, or what was typed into it, may now be another's.
const refocus = () => {
  const {activeElement} = document;
  if (!focused || activeElement.dataset.key === focused || (activeElement !== document.body && !activeElement.dataset.key)) return;
  const again = $(`[data-key="${CSS.escape(focused)}"]:not(:disabled)`);
  // A chip that is gone or a question that is answered: what comes next in its place.
  (again ?? $(focused.startsWith("ask-") ? "[data-key^=ask-]" : "[data-key=undo]:not(:disabled)"))?.focus({preventScroll: true});
};
let shownCase = null;
const showFields = () => {
  const drawn = $("[data-kept]")?.dataset.kept;
  if (drawn === shownCase) return;  // what is just being changed stays
  shownCase = drawn;
  for (const field of document.querySelectorAll("#findings [data-field]")) {
    if (field === document.activeElement) continue;
    field.value = field.matches("select") ? field.querySelector("[selected]")?.value ?? "" : field.getAttribute("value");
  }
};
const keepCase = () => {
  const panel = $("[data-consultation]");
  if (!panel?.dataset.consultation) return;
  if (panel.dataset.kept) sessionStorage.setItem(CASE, panel.dataset.kept);
  else sessionStorage.removeItem(CASE);
};
let nTurns = 0, refused = "", follows = false;
for (const moved of ["wheel", "touchmove", "keydown"]) document.addEventListener(moved, () => { follows = false; });
const followConversation = () => {
  const turns = document.querySelectorAll("#log .turn"), turn = turns[turns.length - 1];
  const told = [...turn?.querySelectorAll(turn.querySelector(".busy") ? ".busy" : "[data-announce]") ?? []];
  const news = told.map((part) => part.textContent).join(" ");
  if ($("#announce").textContent !== news) $("#announce").textContent = news;
  const isNew = turns.length !== nTurns;
  nTurns = turns.length;
  if (!turn) return;
  const log = $("#log");
  if (isNew) {
    if (sent && $("#story").value === sent) $("#story").value = "";
    [refused, sent] = [sent, ""];
    if (getComputedStyle(log).overflowY === "visible") turn.scrollIntoView({block: "start"});
    follows = true;
  }
  // A story is read from its beginning; a change is one line, and what it led to stands below it. While the answer grows,
  // there is ever more room to scroll to that.
  if (follows) log.scrollTo({top: turn.offsetTop - log.offsetTop - 12});
  if (!turn.querySelector(".busy")) follows = false;
  const box = $("#story");
  if (turn.hasAttribute("data-refused")) { box.value ||= refused; refused = ""; }
};
const redraw = () => {
  const shown = $("[data-language]")?.dataset.language;
  if (shown) document.documentElement.lang = shown;
  for (const details of document.querySelectorAll("details[data-key]")) {
    if (opened.has(details.dataset.key)) details.open = opened.get(details.dataset.key);
  }
  if (view) showView(view);
  $("#view-care")?.removeAttribute("aria-busy");
  showFields();
  keepCase();
  followConversation();
  refocus();
};
const parts = "#head, #log, #findings, #answer";
const watcher = new MutationObserver((changes) => {
  const touched = (node) => node && (node.closest(parts) || node.querySelector(parts));
  if (changes.some(({target}) => touched(target.nodeType === 1 ? target : target.parentElement))) redraw();
});
watcher.observe(document.body, {
  subtree: true, childList: true, characterData: true, attributeFilter: ["data-refused", "data-kept", "data-key", "value"],
});

// --- a case in the address ---
// Taken out of it: a reload brings back the case as it was changed, and nobody shares an old one by mistake.
const linked = () => {
  const link = location.hash.slice(1);
  if (!/(^|&)(hpo|sex|age)=/.test(link)) return "";
  history.replaceState(null, "", location.pathname + location.search);
  return link;
};
window.addEventListener("hashchange", () => { const link = linked(); if (link) act({kind: "open", link}); });

act({kind: "open", link: linked()});
