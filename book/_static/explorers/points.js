/* The playground: a Gaussian fitted to points that the reader moves, and what it is worth.

   F is the cross-entropy of the law and the fit, less the entropy of the law, in nats per row. */
(() => {
  "use strict";

  const REACH = 3.5; // of the plane that is shown, to each side
  const SIZE = 460;
  const FARTHEST = 0.5; // that a gradient step moves a coordinate
  const HINT =
    "Drag a point, or move to it with the tab key and use the arrow keys (with shift: five times as far). " +
    "Descend moves all points along the gradient.";
  const NO_FIT =
    "no value, as the points lie on one line or in one place and no Gaussian fits them. " +
    "From here no descent can start: move a point first";
  const { addButtons, draw, movable, planeOf, tabulate, wordsAround } = window.explorerParts;
  const plane = planeOf({
    low: [-REACH, -REACH],
    high: [REACH, REACH],
    box: [0, 0, SIZE, SIZE],
    step: [0.05, 0.05],
    color: "#0073B0",
    words: ([x, y]) => `${x.toFixed(2)}, ${y.toFixed(2)}`,
  });

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
      const moved = points.map((z, i) => plane.clamp(z.map((x, k) => x - size * slope[i][k])));
      if (value(moved, law) < before) return moved;
    }
    return points;
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
      path.push(plane.toScreen([x, y]).map((at) => at.toFixed(1)));
    }
    return `M${path.join("L")}Z`;
  }

  function scene(drawing, data) {
    const svg = draw("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, role: "group" }, drawing);
    svg.setAttribute("aria-label", "Points that can be moved");
    for (const [cx, cy] of data.training.map(plane.toScreen)) {
      draw("circle", { cx, cy, r: 1.6, fill: "#666666", "fill-opacity": 0.35 }, svg);
    }
    const line = { fill: "none", "stroke-width": 2 };
    draw("path", { ...line, d: ellipse(data.law), stroke: "#666666", "stroke-dasharray": "6 4" }, svg);
    return { svg, model: draw("path", { ...line, stroke: "#D55C00" }, svg) };
  }

  window.explorerDrawers.points = (widget, data, drawing, form) => {
    let points = data.start.map((z) => [...z]);
    let frame = 0;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    const { hint, readout } = wordsAround(widget, drawing, HINT);
    const { svg, model } = scene(drawing, data);
    const stop = () => cancelAnimationFrame(frame);
    const places = { get: () => points, set: (i, place) => (points[i] = place) };
    const showPlaces = movable({ svg, plane, hint, points: places, taken: stop, moved: show });

    function show() {
      const found = value(points, data.law);
      widget.dataset.value = found;
      model.setAttribute("d", ellipse(fit(points)));
      showPlaces();
      const text = Number.isFinite(found) ? `${found.toFixed(4)} nats per row` : NO_FIT;
      readout.textContent = `F above that of the law: ${text}. ${data.words}`;
      tabulate(widget, points);
    }

    function run(left) {
      stop();
      const moved = descend(points, data.law);
      const ended = moved === points || left === 0;
      points = moved;
      if (!still.matches) show();
      if (!ended && still.matches) run(left - 1);
      else if (!ended) frame = requestAnimationFrame(() => run(left - 1));
      else show();
    }

    addButtons(form, {
      "One gradient step": () => run(0),
      Descend: () => run(150),
      "Start again": () => {
        stop();
        points = data.start.map((z) => [...z]);
        show();
      },
    });
    show();
  };
})();
