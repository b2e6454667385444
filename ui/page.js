// Keeps the last turn in view and tells screen readers its one-line outcome, instead of the whole log again.
() => {
  const log = document.querySelector("#log"), announce = document.querySelector("#announce");
  new MutationObserver(() => {
    const turn = log.querySelector(".turn:last-child");
    announce.textContent = turn?.querySelector("[data-announce]")?.textContent ?? "";
    turn?.scrollIntoView({block: "start", behavior: "instant"});
  }).observe(log, {childList: true, characterData: true, subtree: true});
}
