// Draws the pictures: in the colours that the reader's screen asks for, on paper always in light ones.
(() => {
  const read = (name) => JSON.parse(document.getElementById(name).textContent);
  const pictures = read("pictures");
  const dark = read("dark");
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };
  const PAPER_PX = 660; // the width of a page of paper, within its margins
  const places = [...document.querySelectorAll("[data-picture]")];
  let isPrinting = false;

  const darkened = (value) => {
    if (typeof value === "string") return dark[value] ?? value;
    if (Array.isArray(value)) return value.map(darkened);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, darkened(each)]));
  };

  const draw = (place) => {
    const made = structuredClone(pictures[place.dataset.picture]);
    const told = scheme.matches && !isPrinting ? darkened(made) : made;
    if (isPrinting) told.layout.width = PAPER_PX;
    Plotly.purge(place); // to change a flow would take a while, in which paper shows half of it
    return Plotly.newPlot(place, told.data, told.layout, { ...config, responsive: !isPrinting });
  };

  const next = (left) => {
    if (!left.length) return document.documentElement.setAttribute("data-drawn", "");
    draw(left[0]);
    return setTimeout(next, 0, left.slice(1));
  };
  next(places);

  scheme.addEventListener("change", () => places.forEach(draw));
  let opened = [];
  addEventListener("beforeprint", () => {
    isPrinting = true;
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => { each.open = true; });
    places.forEach(draw);
  });
  addEventListener("afterprint", () => {
    isPrinting = false;
    opened.forEach((each) => { each.open = false; });
    places.forEach(draw);
  });
})();
