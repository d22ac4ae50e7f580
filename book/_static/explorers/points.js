/* The playground: a Gaussian fitted to points that the reader moves, and what it is worth.

   F is the cross-entropy of the law and the fit, less the entropy of the law, in nats per row. */
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const REACH = 3.5; // of the plane that is shown, to each side
  const SIZE = 460;
  const STEP = 0.05; // of an arrow key
  const ACROSS = (2 * REACH) / STEP; // steps from one edge to the other
  const FARTHEST = 0.5; // that a gradient step moves a coordinate
  const NEAR = 24; // pixels from a point at which it is taken
  const HINT =
    "Drag a point, or move to it with the tab key and use the arrow keys (with shift: five times as far). " +
    "Descend moves all points along the gradient.";
  const NO_FIT =
    "no value, as the points lie on one line or in one place and no Gaussian fits them. " +
    "From here no descent can start: move a point first";
  // A slider has one number, so the text has both; arrow keys up and down move along the other.
  const SLIDER = { role: "slider", "aria-valuemin": -REACH, "aria-valuemax": REACH };
  SLIDER["aria-roledescription"] = "point that can be moved";
  const toScreen = (x) => ((x + REACH) / (2 * REACH)) * SIZE;
  const clamp = (x) => Math.max(-REACH, Math.min(REACH, x));

  /* Mean and covariance (divisor m) of points; [a, b, c] is the matrix [[a, b], [b, c]]. */
  function fit(points) {
    const m = points.length;
    const mean = [0, 1].map((k) => points.reduce((sum, p) => sum + p[k], 0) / m);
    const moment = (j, k) =>
      points.reduce((sum, p) => sum + (p[j] - mean[j]) * (p[k] - mean[k]), 0) / m;
    return { mean, covariance: [moment(0, 0), moment(0, 1), moment(1, 1)] };
  }

  const det = ([a, b, c]) => a * c - b * b;
  const inverse = (s) => {
    const d = det(s);
    return [s[2] / d, -s[1] / d, s[0] / d];
  };
  const times = ([a, b, c], [x, y]) => [a * x + b * y, b * x + c * y];

  /* How far the fit is from the law in nats per row; infinite where all points are on a line. */
  function value(points, law) {
    const model = fit(points);
    if (!(det(model.covariance) > 1e-12)) return Infinity;
    const [a, b, c] = inverse(model.covariance);
    const [dx, dy] = [0, 1].map((k) => law.mean[k] - model.mean[k]);
    const [p, q, r] = law.covariance;
    const trace = a * (p + dx * dx) + 2 * b * (q + dx * dy) + c * (r + dy * dy);
    return (Math.log(det(model.covariance) / det(law.covariance)) + trace - 2) / 2;
  }

  /* The gradient in each point. With S the fit's covariance, C the law's about the fit's mean:
     (S^-1 - S^-1 C S^-1) (z - mean) / m - S^-1 (law's mean - mean) / m. */
  function gradient(points, law) {
    const model = fit(points);
    const inv = inverse(model.covariance);
    const shift = [0, 1].map((k) => law.mean[k] - model.mean[k]);
    const [p, q, r] = law.covariance;
    const about = [p + shift[0] ** 2, q + shift[0] * shift[1], r + shift[1] ** 2];
    const pull = times(inv, shift);
    return points.map((z) => {
      const whitened = times(inv, [z[0] - model.mean[0], z[1] - model.mean[1]]);
      const seen = times(inv, times(about, whitened));
      return [0, 1].map((k) => (whitened[k] - seen[k] - pull[k]) / points.length);
    });
  }

  /* One step along the gradient, halved until F falls; the points themselves at the optimum. */
  function descend(points, law) {
    const before = value(points, law);
    if (!Number.isFinite(before)) return points;
    const slope = gradient(points, law);
    const steepest = Math.max(...slope.flat().map(Math.abs));
    for (let size = Math.min(1, FARTHEST / steepest); size > 1e-6; size /= 2) {
      const moved = points.map((z, i) => [0, 1].map((k) => clamp(z[k] - size * slope[i][k])));
      if (value(moved, law) < before) return moved;
    }
    return points;
  }

  function draw(tag, attributes, parent) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, given] of Object.entries(attributes)) node.setAttribute(name, given);
    parent.append(node);
    return node;
  }

  /* Two standard deviations of a Gaussian as a path. */
  function ellipse({ mean, covariance: [a, b, c] }) {
    if (!(a > 0) || !(det([a, b, c]) > 0)) return "";
    const [l11, l21] = [Math.sqrt(a), b / Math.sqrt(a)];
    const l22 = Math.sqrt(c - l21 * l21);
    const path = [];
    for (let k = 0; k <= 72; k++) {
      const [u, v] = [2 * Math.cos((k * Math.PI) / 36), 2 * Math.sin((k * Math.PI) / 36)];
      const [x, y] = [mean[0] + l11 * u, mean[1] + l21 * u + l22 * v];
      path.push(`${toScreen(x).toFixed(1)},${toScreen(-y).toFixed(1)}`);
    }
    return `M${path.join("L")}Z`;
  }

  function scene(drawing, data) {
    const svg = draw("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, role: "group" }, drawing);
    svg.setAttribute("aria-label", "Points that can be moved");
    for (const [x, y] of data.training) {
      draw("circle", { cx: toScreen(x), cy: toScreen(-y), r: 1.6, fill: "#666666", "fill-opacity": 0.35 }, svg);
    }
    const line = { fill: "none", "stroke-width": 2 };
    draw("path", { ...line, d: ellipse(data.law), stroke: "#666666", "stroke-dasharray": "6 4" }, svg);
    return { svg, model: draw("path", { ...line, stroke: "#D55C00" }, svg) };
  }

  window.explorerPoints = (widget, data, drawing, form) => {
    let points = data.start.map((z) => [...z]);
    let frame = 0;
    const grip = []; // of each point, how far it is from where it was taken
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    const hint = Object.assign(document.createElement("p"), { textContent: HINT });
    hint.className = "explorer-hint";
    hint.id = `${widget.dataset.still}-hint`;
    drawing.before(hint);
    const readout = document.createElement("p");
    readout.className = "explorer-readout";
    readout.setAttribute("role", "status");
    drawing.after(readout);
    const { svg, model } = scene(drawing, data);
    const nodes = points.map((_, i) => {
      const node = draw("g", { class: "explorer-point", tabindex: 0, ...SLIDER }, svg);
      node.setAttribute("aria-label", `Point ${i + 1}`);
      node.setAttribute("aria-describedby", hint.id);
      draw("circle", { r: NEAR, fill: "transparent" }, node); // of what a finger meets
      draw("circle", { r: 7, fill: "#0073B0", stroke: "#ffffff", "stroke-width": 1.5, class: "explorer-ring" }, node);
      listen(node, i);
      return node;
    });

    function show() {
      const found = value(points, data.law);
      widget.dataset.value = found;
      model.setAttribute("d", ellipse(fit(points)));
      nodes.forEach((node, i) => {
        const [x, y] = points[i];
        node.dataset.place = JSON.stringify(points[i]);
        node.setAttribute("transform", `translate(${toScreen(x)} ${toScreen(-y)})`);
        node.setAttribute("aria-valuenow", x.toFixed(2));
        node.setAttribute("aria-valuetext", `${x.toFixed(2)}, ${y.toFixed(2)}`);
      });
      const text = Number.isFinite(found) ? `${found.toFixed(4)} nats per row` : NO_FIT;
      readout.textContent = `F above that of the law: ${text}. ${data.words}`;
      widget.querySelector("tbody").replaceChildren(
        ...points.map(([x, y], i) => {
          const row = document.createElement("tr");
          for (const cell of [String(i + 1), x.toFixed(2), y.toFixed(2)]) {
            row.append(Object.assign(document.createElement("td"), { textContent: cell.replace("-", "−") }));
          }
          return row;
        }),
      );
    }

    function listen(node, i) {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      Object.assign(moves, { Home: [-ACROSS, 0], End: [ACROSS, 0] });
      node.addEventListener("keydown", (event) => {
        const move = moves[event.key];
        if (!move) return;
        event.preventDefault();
        cancelAnimationFrame(frame);
        const far = event.shiftKey ? 5 * STEP : STEP;
        points[i] = points[i].map((x, k) => clamp(x + far * move[k]));
        show();
      });
      node.addEventListener("pointermove", (event) => {
        if (!node.hasPointerCapture(event.pointerId)) return;
        points[i] = onPlane(event).map((x, k) => clamp(x + grip[i][k]));
        show();
      });
    }

    function onPlane({ clientX, clientY }) {
      const box = svg.getBoundingClientRect();
      const place = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
      return place.map((part, k) => (k ? -1 : 1) * (2 * part - 1) * REACH);
    }

    /* The point nearest to a place of the screen, if it is near. */
    function pointAt({ clientX, clientY }) {
      const far = nodes.map((node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return Math.hypot(clientX - (left + right) / 2, clientY - (top + bottom) / 2);
      });
      const least = Math.min(...far);
      return least <= NEAR ? nodes[far.indexOf(least)] : null;
    }

    svg.addEventListener("pointerdown", (event) => {
      const node = pointAt(event);
      if (!node) return;
      const held = nodes.indexOf(node);
      const taken = onPlane(event);
      grip[held] = points[held].map((x, k) => x - taken[k]);
      node.setPointerCapture(event.pointerId);
      node.focus({ preventScroll: true });
      event.preventDefault();
      cancelAnimationFrame(frame);
    });
    // A finger on a point moves it; elsewhere it scrolls the page, which `touch-action` of the
    // drawing would forbid, and browsers do not heed that of a part of it.
    const keepPage = (event) => [...event.changedTouches].some(pointAt) && event.preventDefault();
    svg.addEventListener("touchstart", keepPage, { passive: false });

    function run(left) {
      const moved = descend(points, data.law);
      const ended = moved === points || left === 0;
      points = moved;
      if (!still.matches) show();
      if (!ended && still.matches) run(left - 1);
      else if (!ended) frame = requestAnimationFrame(() => run(left - 1));
      else show();
    }

    const press = {
      "One gradient step": () => run(0),
      Descend: () => run(150),
      "Start again": () => {
        points = data.start.map((z) => [...z]);
        show();
      },
    };
    for (const [name, action] of Object.entries(press)) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.addEventListener("click", () => {
        cancelAnimationFrame(frame);
        action();
      });
      form.append(button);
    }
    show();
  };
})();
