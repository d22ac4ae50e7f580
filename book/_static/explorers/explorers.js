/* Widgets of a page; what they are is said in ddlib/plots/explorers.py.

   A widget's controls and drawing go into the figure of its still once it comes near the view.
   Vega is loaded only then, and only for widgets that it draws. */
(() => {
  "use strict";

  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const SETTLED = 150; // milliseconds in which a width does not change
  const kinds = {};
  let vega = null;

  /* Load Vega once for all widgets of the page. */
  function loadVega() {
    vega ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = folder + "vega.js";
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return vega;
  }

  const asRows = (columns) => {
    const names = Object.keys(columns);
    return columns[names[0]].map((_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name][i]])),
    );
  };

  const asText = (value) => {
    if (value === null || value === undefined) return "–";
    if (typeof value === "string") return value;
    return String(Number(value.toPrecision(3))).replace("-", "−");
  };

  /* The value of each control by name; that of boxes is a set. */
  function settings(form, controls) {
    const found = {};
    for (const { name, values, words } of controls) {
      const part = form.querySelector(`[data-control="${name}"]`);
      const slider = part.querySelector("[type=range]");
      if (slider) {
        found[name] = values[slider.value];
        slider.setAttribute("aria-valuetext", words[slider.value]);
        part.querySelector("output").textContent = words[slider.value];
      } else if (part.querySelector("select")) {
        found[name] = part.querySelector("select").value;
      } else {
        const boxes = [...part.querySelectorAll("input:checked")];
        found[name] = new Set(boxes.map((box) => box.value));
      }
    }
    return found;
  }

  function put(form, name, value) {
    form.querySelector(`[data-control="${name}"] select`).value = value;
  }

  function fillTable(widget, columns, rows) {
    const body = widget.querySelector("tbody");
    body.replaceChildren(
      ...rows.map((row) => {
        const line = document.createElement("tr");
        for (const name of Object.keys(columns)) {
          const cell = document.createElement("td");
          cell.textContent = asText(row[name]);
          line.append(cell);
        }
        return line;
      }),
    );
  }

  /* Curves over one factor, the others held where the controls say, among what is stored. */
  kinds.curves = (data, all, form, note, changed) => {
    const asked = settings(form, data.controls);
    const vary = asked.vary;
    const factors = Object.keys(data.base);
    const kept = () =>
      all.filter((row) => factors.every((f) => f === vary || String(row[f]) === asked[f]));
    const along = (found) => new Set(found.map((row) => row[vary])).size;
    const back = [];
    const setBack = (factor) => {
      if (asked[factor] === data.base[factor]) return;
      asked[factor] = data.base[factor];
      put(form, factor, asked[factor]);
      back.push(`${data.titles[factor]} at ${asked[factor]}`);
    };
    if (along(kept()) < 2) {
      factors.filter((f) => f !== changed && f !== vary).forEach(setBack);
      if (along(kept()) < 2) setBack(changed);
    }
    let rows = kept();
    const told = back.length ? [`These settings were not run together. Set back: ${back.join("; ")}.`] : [];
    const methods = [...new Set(all.map((row) => row.method))];
    const lone = methods.filter((m) => along(rows.filter((row) => row.method === m)) < 2);
    if (lone.length) told.push(`Not run over this factor here: ${lone.join("; ")}.`);
    note.textContent = told.join(" ");
    for (const factor of factors) {
      form.querySelector(`[data-control="${factor}"] select`).disabled = factor === vary;
    }
    rows = rows.map((row) => ({ ...row, x: row[vary] })).sort((a, b) => a.x - b.x);
    return { rows, title: data.titles[vary] };
  };

  /* Cells of the groups that are ticked, methods in the order of one task. */
  kinds.matrix = (data, all, form, note) => {
    const { sort, groups } = settings(form, data.controls);
    const kept = all.filter((row) => groups.has(row.group));
    const key = new Map();
    for (const row of kept) {
      if (sort === data.overall) key.set(row.method, row.overall);
      else if (row.task === sort) key.set(row.method, row.ratio);
    }
    const place = (row) => key.get(row.method) ?? Infinity; // does not apply: last
    kept.sort((a, b) => place(a) - place(b) || a.overall - b.overall);
    note.textContent = kept.length ? "" : "No group is ticked.";
    return { rows: kept.map((row, place) => ({ ...row, place })) };
  };

  /* All rows of one value of the slider. */
  kinds.solutions = (data, all, form) => {
    const { alpha } = settings(form, data.controls);
    return { rows: all.filter((row) => String(row.alpha) === alpha) };
  };

  /* The place of a Vega drawing: one image to a screen reader, which has the table besides. */
  function canvasIn(drawing, kind, name) {
    const canvas = document.createElement("div");
    canvas.className = "explorer-canvas";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    drawing.append(canvas);
    if (kind === "matrix") {
      drawing.classList.add("explorer-wide"); // it scrolls where the page is narrow, by keys too
      drawing.tabIndex = 0;
    }
    return canvas;
  }

  /* A chart as wide as its place, with the words of its horizontal axis: its view. */
  async function embed(canvas, chart, title, rows) {
    const width = canvas.clientWidth;
    const columns = `"columns":${width < 480 ? 1 : 2}`;
    const text = JSON.stringify(chart).replaceAll('"columns":2', columns).replaceAll("[x]", title);
    const { autosize, ...spec } = JSON.parse(text);
    // Vega fits the width of a chart whose height is in steps; Vega-Lite warns that it cannot.
    const patch = (compiled) => ({ ...compiled, autosize });
    const sized = { ...spec, width, autosize: "pad", datasets: { rows } };
    const options = { actions: false, renderer: "svg", patch };
    const { view } = await window.vegaEmbed(canvas, sized, options);
    canvas.querySelector("svg").setAttribute("aria-hidden", "true");
    return view;
  }

  /* Hand over the width of an element whenever it has changed and stays. */
  function whenResized(element, use) {
    let timer = 0;
    const watch = new ResizeObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(() => use(element.clientWidth), SETTLED);
    });
    watch.observe(element);
  }

  async function drawWithVega(widget, data, drawing, name) {
    await loadVega();
    const kind = widget.dataset.kind;
    const canvas = canvasIn(drawing, kind, name);
    const form = drawing.parentElement.querySelector("form");
    const note = drawing.parentElement.querySelector(".explorer-note");
    const all = asRows(data.rows);
    let shown = null; // the view, and what it was drawn of: rows, words of its axis, width
    async function draw({ rows, title = "" }) {
      const width = canvas.clientWidth;
      let view = shown?.view;
      if (shown?.title === title && shown.width === width) {
        await view.data("rows", rows).runAsync();
      } else {
        view?.finalize();
        view = await embed(canvas, data.chart, title, rows);
      }
      shown = { view, rows, title, width };
    }
    async function follow(event) {
      const changed = event?.target.closest("[data-control]").dataset.control;
      await draw(kinds[kind](data, all, form, note, changed));
      fillTable(widget, data.columns, shown.rows);
    }
    let last = follow(); // one after the other, as each draws in the same place
    form.addEventListener("input", (event) => (last = last.then(() => follow(event))));
    await last;
    whenResized(canvas, (width) => {
      if (!width || width === shown.width) return; // it is 0 in print, which shows the still
      last = last.then(() => draw(shown));
    });
  }

  async function start(widget) {
    const data = JSON.parse(widget.querySelector("script").textContent);
    const figure = document.getElementById(widget.dataset.still);
    const still = figure.querySelector("img");
    const form = widget.querySelector("form");
    const drawing = document.createElement("div");
    drawing.className = "explorer-drawing";
    const number = figure.querySelector(".caption-number")?.textContent.trim() ?? "the figure";
    form.setAttribute("aria-label", `Settings of ${number}`);
    figure.prepend(form, widget.querySelector(".explorer-note"), drawing);
    figure.classList.add("explored");
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    try {
      const drawer = window.explorerDrawers[widget.dataset.kind];
      if (drawer) drawer(widget, data, drawing, form);
      else await drawWithVega(widget, data, drawing, still.alt);
      widget.dataset.drawn = "";
    } catch (error) {
      figure.classList.remove("explored"); // the still is there whatever fails
      form.hidden = true;
      drawing.remove();
      throw error;
    }
  }

  function whenNear(widget) {
    const figure = document.getElementById(widget.dataset.still);
    figure.classList.add("explorable");
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          watch.disconnect();
          start(widget);
        }
      },
      { rootMargin: "400px" },
    );
    watch.observe(figure);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".explorer[data-kind]").forEach(whenNear);
  });
})();
