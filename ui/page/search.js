// The search for a finding: a combobox after the ARIA pattern. Enter takes what is marked, Escape closes.
// Runs once, in Gradio's component around the search; `server.find_terms` asks the server.

const $ = (selector) => element.querySelector(selector);
const said = () => JSON.parse($(".search").dataset.words);
let replaced = null, hits = [], marked = 0, asked = 0, timer = null;

const close = () => {
  asked++;
  hits = [];
  $("#terms").hidden = true;
  $("#term").setAttribute("aria-expanded", "false");
  $("#term").removeAttribute("aria-activedescendant");
};
const mark = (i) => {
  marked = i;
  [...$("#terms").children].forEach((option, n) => option.setAttribute("aria-selected", n === i));
  $("#term").setAttribute("aria-activedescendant", `term-${i}`);
  $(`#term-${i}`)?.scrollIntoView({block: "nearest"});
};
const item = (text, small, attributes) => {
  const li = document.createElement("li");
  Object.entries(attributes).forEach(([name, value]) => li.setAttribute(name, value));
  li.append(text);
  if (small) { const s = document.createElement("small"); s.textContent = small; li.append(" ", s); }
  return li;
};
const show = (items) => {
  $("#terms").replaceChildren(...items);
  $("#terms").hidden = false;
  $("#term").setAttribute("aria-expanded", "true");
};
const look = async () => {
  const query = $("#term").value.trim(), mine = ++asked;
  if (!query) return close();
  try {
    const found = await server.find_terms({query, language: document.documentElement.lang});
    if (mine !== asked) return;
    hits = found;
    show(hits.length
      ? hits.map((hit, i) => item(hit.label, hit.wording, {role: "option", id: `term-${i}`, "data-n": i}))
      : [item(said().none, "", {role: "option", "aria-disabled": "true", id: "term-0"})]);
    mark(0);
  } catch {
    if (mine === asked) show([item(said().lost, "", {role: "option", "aria-disabled": "true", id: "term-0"})]);
  }
};
const replace = (id, name) => {
  replaced = id;
  $("#term").value = "";
  $("#term").placeholder = id ? said().replace.replace("{finding}", name) : said().add;
  $(".cancel").hidden = !id;
  close();
};
const take = (i) => {
  const hit = hits[i];
  if (!hit) return;
  const data = replaced ? {kind: "replace", id: replaced, by: hit.id} : {kind: "mark", id: hit.id, status: "present"};
  replace(null);
  document.dispatchEvent(new CustomEvent("citedx:act", {detail: data}));
};

element.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 80); });
element.addEventListener("keydown", (event) => {
  if (event.target.id !== "term") return;
  const open = !$("#terms").hidden, step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (step && hits.length) {
    event.preventDefault();
    mark((marked + step + hits.length) % hits.length);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (open) take(marked);
  } else if (event.key === "Escape") {
    if (open) close(); else replace(null);
  }
});
element.addEventListener("focusout", () => setTimeout(() => element.contains(document.activeElement) || close(), 0));
element.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[role=option]");
  if (!option) return;
  event.preventDefault();  // the field keeps the focus
  take(Number(option.dataset.n));
});
element.addEventListener("click", (event) => {
  if (event.target.closest(".cancel")) { replace(null); $("#term").focus(); }
});
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-replace]");
  if (!chip) return;
  replace(chip.dataset.replace, chip.dataset.name);
  $("#term").focus();
});
