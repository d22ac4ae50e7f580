/* Rows that the reader moves, the line that ridge regression learns from them, and what it is worth.

   Rows are standardised, x and y in standard units: the slope is (xy / m) / (xx / m + penalty), and
   the loss of a slope on some rows is the root of their mean squared error, in the units of y. */
(() => {
  "use strict";

  const SIZES = [[386, 268], [270, 268]]; // of the rows and of the curve, in pixels
  const INSET = [44, 10, 10, 44]; // from left, top, right and bottom, for ticks and names
  const FAINT = "#666666";
  const HINT = "Drag a point, or reach it with the tab key and move it with the arrow keys.";
  const STEPS = 80; // of the curve
  const { addButtons, draw, movable, planeOf, tabulate, wordsAround } = window.explorerParts;

  const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;

  /* Mean products of standardised rows. */
  function moments(rows, { center, scale }) {
    const standard = rows.map((row) => row.map((x, k) => (x - center[k]) / scale[k]));
    const product = (j, k) => mean(standard.map((row) => row[j] * row[k]));
    return { xx: product(0, 0), xy: product(0, 1), yy: product(1, 1) };
  }

  const learn = ({ xx, xy }, penalty) => xy / (xx + penalty);
  const loss = ({ xx, xy, yy }, slope, unit) =>
    unit * Math.sqrt(Math.max(0, yy - 2 * slope * xy + slope * slope * xx));

  /* An empty plot with ticks and the names of its axes. */
  function plot(drawing, [width, height], { low, high, ticks, names, ...given }, label) {
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, role: "group" }, drawing);
    svg.setAttribute("aria-label", label);
    const [left, top, right, bottom] = INSET;
    const box = [left, top, width - right, height - bottom];
    const plane = planeOf({ low, high, box, ...given });
    const text = { "font-size": 13, fill: "#000000", "text-anchor": "middle" };
    draw("path", { d: `M${box[0]},${box[1]}V${box[3]}H${box[2]}`, fill: "none", stroke: FAINT }, svg);
    const write = (words, more) => (draw("text", { ...text, ...more }, svg).textContent = words);
    for (const x of ticks[0]) write(`${x}`.replace("-", "−"), { x: plane.toScreen([x, 0])[0], y: box[3] + 17 });
    for (const y of ticks[1]) write(`${y}`, { x: box[0] - 14, y: plane.toScreen([0, y])[1] + 4 });
    write(names[0], { x: (box[0] + box[2]) / 2, y: height - 8 });
    const middle = (box[1] + box[3]) / 2;
    write(names[1], { x: 12, y: middle, transform: `rotate(-90 12 ${middle})` });
    return { svg, plane, box };
  }

  const joined = (places) => `M${places.map((place) => place.map((x) => x.toFixed(1))).join("L")}`;

  /* A part of a drawing outside of which nothing of a mark is seen. */
  function within({ svg, box: [left, top, right, bottom] }, id) {
    const clip = draw("clipPath", { id }, draw("defs", {}, svg));
    draw("rect", { x: left, y: top, width: right - left, height: bottom - top }, clip);
    return draw("g", { "clip-path": `url(#${id})` }, svg);
  }

  /* The rows: all as faint dots, and a line from edge to edge for each slope. */
  function rowsPlot(drawing, data, id) {
    const made = plot(drawing, SIZES[0], data.rowsPlane, "Rows that can be moved");
    const inside = within(made, id);
    const { plane } = made;
    for (const [cx, cy] of data.shownRows.map(plane.toScreen)) {
      draw("circle", { cx, cy, r: 1.8, fill: FAINT, "fill-opacity": 0.3 }, inside);
    }
    const along = (slope) =>
      joined(
        [plane.low[0], plane.high[0]].map((x) => {
          const standard = slope * ((x - data.center[0]) / data.scale[0]);
          return plane.toScreen([x, data.center[1] + data.scale[1] * standard]);
        }),
      );
    const look = { fill: "none", stroke: FAINT, "stroke-width": 1.5, "stroke-dasharray": "6 4" };
    draw("path", { ...look, d: along(learn(data.all, data.penalty)) }, inside);
    const line = draw("path", { fill: "none", stroke: "#000000", "stroke-width": 2 }, inside);
    return { ...made, show: (slope) => line.setAttribute("d", along(slope)) };
  }

  /* F over the slope as a curve, with a disc where the learnt slope is. */
  function curvePlot(drawing, data) {
    const made = plot(drawing, SIZES[1], data.curvePlane, "F over the slope of the line");
    const { plane, box } = made;
    const tilt = data.scale[1] / data.scale[0]; // of a slope of 1 in standard units
    const at = (slope) => plane.toScreen(plane.clamp([tilt * slope, loss(data.all, slope, data.scale[1])]));
    const [from, to] = [plane.low[0] / tilt, plane.high[0] / tilt];
    const slopes = Array.from({ length: STEPS + 1 }, (_, k) => from + ((to - from) * k) / STEPS);
    draw("path", { d: joined(slopes.map(at)), fill: "none", stroke: FAINT, "stroke-width": 1.5 }, made.svg);
    const [x] = at(learn(data.all, data.penalty));
    draw("path", { d: `M${x},${box[1]}V${box[3]}`, stroke: FAINT, "stroke-dasharray": "6 4" }, made.svg);
    const disc = draw("circle", { r: 6, fill: "#000000", stroke: "#ffffff" }, made.svg);
    return (slope) => {
      const [cx, cy] = at(slope);
      disc.setAttribute("cx", cx);
      disc.setAttribute("cy", cy);
    };
  }

  window.explorerDrawers.ridge = (widget, data, drawing, form) => {
    let rows = data.start.map((row) => [...row]);
    const { hint, readout } = wordsAround(widget, drawing, HINT);
    drawing.classList.add("explorer-panels");
    drawing.parentElement.querySelector(".explorer-note").hidden = true; // it has no settings to tell of
    const words = ([x, y]) => data.said.replace("[x]", x.toFixed(1)).replace("[y]", y.toFixed(1));
    const rowsPlane = { ...data.rowsPlane, color: "#000000", words };
    const { svg, plane, show: showLine } = rowsPlot(drawing, { ...data, rowsPlane }, `${widget.dataset.still}-rows`);
    const showDisc = curvePlot(drawing, data);
    const points = { get: () => rows, set: (i, place) => (rows[i] = place) };
    const showPlaces = movable({ svg, plane, hint, points, taken: () => {}, moved: show });
    const best = loss(data.all, learn(data.all, data.penalty), data.scale[1]);

    function show() {
      const own = moments(rows, data);
      const slope = learn(own, data.penalty);
      const found = loss(data.all, slope, data.scale[1]);
      const seen = loss(own, slope, data.scale[1]);
      Object.assign(widget.dataset, { value: found, own: seen, slope });
      showLine(slope);
      showDisc(slope);
      showPlaces();
      const told = { F: found, best, own: seen };
      readout.textContent = data.words.replace(/\[(F|best|own)\]/g, (_, name) => told[name].toFixed(2));
      tabulate(widget, rows);
    }

    const again = () => {
      rows = data.start.map((row) => [...row]);
      show();
    };
    addButtons(form, { "Start again": again });
    readout.after(form);
    show();
  };
})();
