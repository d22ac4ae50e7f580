/* Points of a drawing that a reader moves: by mouse or finger, or by the arrow keys. */
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const NEAR = 24; // pixels from a point at which it is taken
  const FAST = 5; // steps of an arrow key with shift
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  Object.assign(MOVES, { Home: [-Infinity, 0], End: [Infinity, 0] });

  function draw(tag, attributes, parent) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, given] of Object.entries(attributes)) node.setAttribute(name, given);
    parent.append(node);
    return node;
  }

  /* A part of a drawing on which places are shown. `low` and `high` are its ends in the units of
     the places, and `box` is where it lies in the drawing: left, top, right, bottom. */
  function planeOf({ low, high, box: [left, top, right, bottom], ...given }) {
    const ends = [[left, right], [bottom, top]];
    const toScreen = (place) =>
      place.map((x, k) => ends[k][0] + ((x - low[k]) / (high[k] - low[k])) * (ends[k][1] - ends[k][0]));
    const fromScreen = (spot) =>
      spot.map((x, k) => low[k] + ((x - ends[k][0]) / (ends[k][1] - ends[k][0])) * (high[k] - low[k]));
    const clamp = (place) => place.map((x, k) => Math.max(low[k], Math.min(high[k], x)));
    return { low, high, toScreen, fromScreen, clamp, ...given };
  }

  /* Words about a drawing, above it (`hint`) and below it (`readout`). */
  function wordsAround(widget, drawing, text) {
    const hint = Object.assign(document.createElement("p"), { textContent: text });
    hint.className = "explorer-hint";
    hint.id = `${widget.dataset.still}-hint`;
    drawing.before(hint);
    const readout = document.createElement("p");
    readout.className = "explorer-readout";
    readout.setAttribute("role", "status");
    drawing.after(readout);
    return { hint, readout };
  }

  /* A slider has one number, so the text has both; arrow keys up and down move along the other. */
  function node(svg, plane, hint, i) {
    const slider = { role: "slider", "aria-valuemin": plane.low[0], "aria-valuemax": plane.high[0] };
    const made = draw("g", { class: "explorer-point", tabindex: 0, ...slider }, svg);
    made.setAttribute("aria-roledescription", "point that can be moved");
    made.setAttribute("aria-label", `Point ${i + 1}`);
    made.setAttribute("aria-describedby", hint.id);
    draw("circle", { r: NEAR, fill: "transparent" }, made); // of what a finger meets
    const ring = { stroke: "#ffffff", "stroke-width": 1.5, class: "explorer-ring" };
    draw("circle", { r: 7, fill: plane.color, ...ring }, made);
    return made;
  }

  /* Draw points on a plane, which has a `color` and the `step` of an arrow key besides, and says a
     place in `words`. Places are read and written by `points`, `taken` is called when a reader
     begins to move one, `moved` after each move. Return what shows the places anew. */
  function movable({ svg, plane, hint, points, taken, moved }) {
    const grip = []; // of each point, how far it is from where it was taken
    const nodes = points.get().map((_, i) => node(svg, plane, hint, i));

    function put(i, place) {
      points.set(i, plane.clamp(place));
      moved();
    }

    function onPlane({ clientX, clientY }) {
      const box = svg.getBoundingClientRect();
      const { width, height } = svg.viewBox.baseVal;
      const spot = [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
      return plane.fromScreen(spot);
    }

    /* The point nearest to a place of the screen, if it is near. */
    function pointAt({ clientX, clientY }) {
      const far = nodes.map((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return Math.hypot(clientX - (left + right) / 2, clientY - (top + bottom) / 2);
      });
      const least = Math.min(...far);
      return least <= NEAR ? nodes[far.indexOf(least)] : null;
    }

    nodes.forEach((one, i) => {
      one.addEventListener("keydown", (event) => {
        const move = MOVES[event.key];
        if (!move) return;
        event.preventDefault();
        taken();
        const steps = event.shiftKey ? FAST : 1;
        put(i, points.get()[i].map((x, k) => (move[k] ? x + steps * plane.step[k] * move[k] : x)));
      });
      one.addEventListener("pointermove", (event) => {
        if (!one.hasPointerCapture(event.pointerId)) return;
        put(i, onPlane(event).map((x, k) => x + grip[i][k]));
      });
    });
    svg.addEventListener("pointerdown", (event) => {
      const one = pointAt(event);
      if (!one) return;
      const held = nodes.indexOf(one);
      const spot = onPlane(event);
      grip[held] = points.get()[held].map((x, k) => x - spot[k]);
      one.setPointerCapture(event.pointerId);
      one.focus({ preventScroll: true });
      event.preventDefault();
      taken();
    });
    // A finger on a point moves it; elsewhere it scrolls the page, which `touch-action` of the
    // drawing would forbid, and browsers do not heed that of a part of it.
    const keepPage = (event) => [...event.changedTouches].some(pointAt) && event.preventDefault();
    svg.addEventListener("touchstart", keepPage, { passive: false });

    return () =>
      nodes.forEach((one, i) => {
        const place = points.get()[i];
        const [x, y] = plane.toScreen(place);
        one.dataset.place = JSON.stringify(place);
        one.setAttribute("transform", `translate(${x} ${y})`);
        one.setAttribute("aria-valuenow", place[0].toFixed(2));
        one.setAttribute("aria-valuetext", plane.words(place));
      });
  }

  /* Write the places into the widget's table, a row each. */
  function tabulate(widget, places) {
    widget.querySelector("tbody").replaceChildren(
      ...places.map((place, i) => {
        const row = document.createElement("tr");
        for (const cell of [String(i + 1), ...place.map((x) => x.toFixed(2))]) {
          row.append(Object.assign(document.createElement("td"), { textContent: cell.replace("-", "−") }));
        }
        return row;
      }),
    );
  }

  /* Add buttons to a form, each with what it does. */
  function addButtons(form, actions) {
    for (const [name, action] of Object.entries(actions)) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.addEventListener("click", action);
      form.append(button);
    }
  }

  window.explorerParts = { addButtons, draw, movable, planeOf, tabulate, wordsAround };
  window.explorerDrawers = {}; // by kind of a widget, where Vega does not draw it
})();
