// Files that come and go: what is dropped or chosen is sent as data, what was made here is saved or copied.
// Runs once, in Gradio's component that carries a file to the browser.

const $ = (selector) => document.querySelector(selector);
const ask = (detail) => document.dispatchEvent(new CustomEvent("citedx:act", {detail}));

// --- in ---
const open = async (file) => {
  const content = file.size > $("#file").dataset.max ? "" : await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1] ?? "");
    reader.onerror = () => done("-");  // a folder, or a file that is gone: the server says that it did not arrive
    reader.readAsDataURL(file);
  });
  ask({kind: "file", name: file.name, size: file.size, content});
};
document.addEventListener("click", ({target}) => { if (target.closest(".attach")) $("#file").click(); });
document.addEventListener("change", ({target}) => {
  if (target.id !== "file" || !target.files.length) return;
  open(target.files[0]);
  target.value = "";
});
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();  // else the browser would leave the page for the file
  $(".compose").classList.add("awaits");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $(".compose").classList.remove("awaits"); });
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  $(".compose").classList.remove("awaits");
  if (event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
});

// --- out ---
let timer = null;
const say = (text) => {
  $("#toast").textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { $("#toast").textContent = ""; }, 4000);
};
const copyBySelection = (text) => {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
};
const copy = async (text) => {
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // browsers hide the clipboard from pages without TLS
    isCopied = copyBySelection(text);
  }
  say(isCopied ? $("#toast").dataset.copied : $("#toast").dataset.failed);
};
const save = (bytes, {name, type}) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
let taken = "";
new MutationObserver(() => {
  const file = element.querySelector("[data-content]")?.dataset;
  if (!file || file.n === taken) return;
  taken = file.n;
  const bytes = Uint8Array.from(atob(file.content), (c) => c.charCodeAt(0));
  if (file.name) save(bytes, file); else copy(new TextDecoder().decode(bytes));
}).observe(element, {subtree: true, childList: true, attributes: true});

// --- the menu ---
const closeMenu = () => {
  const menu = $(".menu[open]");
  if (!menu) return;
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  menu.open = false;
};
document.addEventListener("click", ({target}) => {
  const linked = target.closest("[data-link]");
  if (linked) copy(`${location.origin}${location.pathname}#${linked.dataset.link}`);
  if (!target.closest(".menu summary")) closeMenu();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenu(); });
