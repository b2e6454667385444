// What the figures do: light up a node's paths, choose a disease. One set of listeners on the document, so that
// figures may come and go. Choosing sends "citedx:disease" with {id} from the node that was chosen.
{
  const nodeOf = (event) => event.target.closest?.(".fig-node");

  const light = (node) => {
    const drawing = node.closest("svg");
    const own = node.dataset.node;
    drawing.classList.add("lit");
    for (const part of drawing.querySelectorAll(":scope > [data-of]"))
      part.classList.toggle("on", part.dataset.of.split(" ").includes(own));
  };

  const rest = (node) => {
    const drawing = node.closest("svg");
    const focused = drawing.querySelector(".fig-node:focus-visible");
    if (focused) light(focused);
    else drawing.classList.remove("lit");
  };

  const choose = (node) => {
    const detail = {id: node.dataset.disease};
    node.dispatchEvent(new CustomEvent("citedx:disease", {bubbles: true, detail}));
  };

  document.addEventListener("pointerover", (event) => nodeOf(event) && light(nodeOf(event)));
  document.addEventListener("pointerout", (event) => nodeOf(event) && rest(nodeOf(event)));
  document.addEventListener("focusin", (event) => nodeOf(event) && light(nodeOf(event)));
  document.addEventListener("focusout", (event) => nodeOf(event) && rest(nodeOf(event)));
  document.addEventListener("click", (event) => {
    const node = event.target.closest?.(".fig-disease");
    if (node) choose(node);
  });
  document.addEventListener("keydown", (event) => {
    if (!["Enter", " "].includes(event.key) || !event.target.matches?.(".fig-disease")) return;
    event.preventDefault();
    choose(event.target);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.(".fig-choose select")) return;
    const {target} = event;
    target.dispatchEvent(new CustomEvent("citedx:disease", {bubbles: true, detail: {id: target.value}}));
  });
  document.addEventListener("citedx:disease", ({detail: {id}}) => {
    for (const drawing of document.querySelectorAll(".fig-graph > svg")) {
      const nodes = [...drawing.querySelectorAll(".fig-disease")];
      const chosen = nodes.find((node) => node.dataset.disease === id);
      if (!chosen) continue;
      for (const node of nodes) node.setAttribute("aria-pressed", String(node === chosen));
      for (const edge of drawing.querySelectorAll(".fig-edge"))
        edge.classList.toggle("chosen", edge.dataset.to === chosen.dataset.node);
    }
    for (const group of document.querySelectorAll(".fig-waterfalls")) {
      const figures = [...group.querySelectorAll(".fig-waterfall")];
      if (!figures.some((figure) => figure.dataset.for === id)) continue;
      for (const figure of figures) figure.hidden = figure.dataset.for !== id;
      group.querySelector("select").value = id;
    }
  });
}
