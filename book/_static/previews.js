/* Shows what a link of the text leads to beside the link, on hover and on keyboard focus. Escape
   closes it, and so does leaving link and preview. Nothing where there is no pointer that hovers.
   The previews of a page come with `_static/previews/PAGE.js`, when first asked for. */
window.bookPreviews = {};

(() => {
  if (!matchMedia("(hover: hover)").matches) return;
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const pages = new Map(); // page -> promise that its previews are there
  const box = document.createElement("div");
  let shownFor = null;
  let timer = 0;

  function load(page) {
    if (!pages.has(page)) {
      const script = document.createElement("script");
      script.src = new URL(`_static/previews/${page.replaceAll("/", "-")}.js`, root).href;
      pages.set(page, new Promise((done) => (script.onload = script.onerror = done)));
      document.head.append(script);
    }
    return pages.get(page);
  }

  function close() {
    clearTimeout(timer);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    box.hidden = true;
  }

  function place(link) {
    const around = link.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const below = around.bottom + 6;
    const fits = below + height < innerHeight || around.top < height;
    box.style.top = `${fits ? below : around.top - height - 6}px`;
    box.style.left = `${Math.max(8, Math.min(around.left, innerWidth - width - 8))}px`;
  }

  async function show(link) {
    const url = new URL(link.href);
    const page = url.pathname.slice(root.pathname.length).replace(/\.html$/, "");
    timer = 0;
    shownFor = link;
    await load(page);
    const found = window.bookPreviews[page]?.[decodeURIComponent(url.hash.slice(1))];
    if (!found || shownFor !== link) return;
    box.innerHTML = found;
    for (const image of box.querySelectorAll("[src]"))
      image.src = new URL(image.getAttribute("src"), new URL(url.pathname, url)).href;
    for (const inner of box.querySelectorAll("a")) inner.removeAttribute("href");
    box.hidden = false;
    await window.MathJax?.typesetPromise?.([box]);
    place(link);
    link.setAttribute("aria-describedby", box.id);
  }

  function ask(event) {
    const link = event.target.closest?.("article a.reference.internal[href*='#']");
    if (!link || link === shownFor) return;
    close();
    timer = setTimeout(show, event.type === "focusin" ? 0 : 250, link);
  }

  function leave(event) {
    const to = event.relatedTarget;
    if (to && (box.contains(to) || shownFor?.contains(to))) return;
    clearTimeout(timer);
    timer = setTimeout(close, 150); // time to move from the link into the preview
  }

  addEventListener("DOMContentLoaded", () => {
    Object.assign(box, { id: "book-preview", className: "book-preview", hidden: true });
    box.setAttribute("role", "tooltip");
    document.body.append(box);
    for (const event of ["mouseover", "focusin"]) document.addEventListener(event, ask);
    for (const event of ["mouseout", "focusout"]) document.addEventListener(event, leave);
    box.addEventListener("mouseenter", () => clearTimeout(timer));
    addEventListener("keydown", (event) => event.key === "Escape" && close());
    addEventListener("scroll", close, { passive: true });
  });
})();
