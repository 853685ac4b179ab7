"use strict";
// Theme, ledger (filter, sort, open), figures enlarged. The page is complete without this script.
(() => {
  const all = (query, within = document) => [...within.querySelectorAll(query)];

  // Theme: the system's unless the reader chooses; kept if the browser lets a file keep anything.
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const store = (value) => { try { return value === undefined ? localStorage.getItem("theme") : localStorage.setItem("theme", value); } catch { return null; } };
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`); };
  if (["dark", "light"].includes(store())) root.dataset.theme = store();
  button.hidden = false;
  label();
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; store(root.dataset.theme); label(); });

  // Contents: the menu closes behind the reader.
  const menu = document.querySelector(".menu");
  menu.addEventListener("click", (event) => { if (event.target.closest("a")) menu.open = false; });

  // Ledger
  const ledger = document.querySelector(".ledger");
  if (ledger) {
    const claims = all("tbody", ledger);
    const form = document.querySelector(".filters");
    const status = form.querySelector("output");
    const fields = all("[data-filter]", form);
    const opener = form.querySelector("[data-open]");
    const show = (claim, open) => {
      claim.querySelector(".open").setAttribute("aria-expanded", String(open));
      claim.querySelector(".evidence").hidden = !open;
    };
    const isOpen = (claim) => !claim.querySelector(".evidence").hidden;
    const matches = (claim) => fields.every(({ dataset: { filter }, value }) => {
      if (!value) return true;
      if (filter === "words") return value.toLowerCase().split(/\s+/).every((word) => claim.dataset.words.includes(word));
      if (filter === "lecture") return claim.dataset.lecture.split("|").includes(value);
      return claim.dataset[filter] === value;
    });
    const filter = () => {
      let shown = 0;
      for (const claim of claims) { claim.hidden = !matches(claim); shown += claim.hidden ? 0 : 1; }
      status.textContent = `${shown} of ${claims.length} claims`;
    };
    const sort = (key, sign) => {
      const text = key === "claim" || key === "verdict";
      const value = (claim) => (text ? claim.dataset[key] : claim.dataset[key] === "" ? NaN : Number(claim.dataset[key]));
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (!text && (Number.isNaN(x) || Number.isNaN(y))) return Number.isNaN(x) - Number.isNaN(y) || a.dataset.place - b.dataset.place;
        const order = text ? x.localeCompare(y) : x - y;
        return sign * order || a.dataset.place - b.dataset.place;
      };
      ledger.append(...[...claims].sort(compare));
    };
    claims.forEach((claim) => show(claim, false));
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    opener.addEventListener("click", () => {
      const open = opener.textContent === "Open all";
      claims.forEach((claim) => show(claim, open));
      opener.textContent = open ? "Close all" : "Open all";
    });
    ledger.addEventListener("click", (event) => {
      const toggle = event.target.closest(".open");
      if (toggle) { const claim = toggle.closest("tbody"); show(claim, !isOpen(claim)); }
      const by = event.target.closest("[data-sort]");
      if (by) {
        const head = by.closest("th");
        const next = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        all("th[aria-sort]", ledger).forEach((th) => th.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", next);
        sort(by.dataset.sort, next === "ascending" ? 1 : -1);
      }
    });
    const follow = () => {
      const claim = location.hash.startsWith("#claim-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!claim) return;
      if (claim.hidden) form.reset(), filter();
      show(claim, true);
      claim.hidden = false;
      claim.scrollIntoView({ block: "start" });
    };
    addEventListener("hashchange", follow);
    follow();
  }

  // Figures
  const dialog = document.getElementById("zoom");
  const canvas = dialog.querySelector(".canvas");
  let width = 0;
  const resize = (factor) => {
    const image = canvas.querySelector("img");
    width = Math.min(8000, Math.max(200, width * factor));
    image.width = Math.round(width);
  };
  document.addEventListener("click", (event) => {
    const zoom = event.target.closest(".zoom");
    if (!zoom) return;
    const image = zoom.querySelector("img").cloneNode();
    canvas.replaceChildren(image);
    dialog.showModal();
    const ratio = image.naturalWidth / image.naturalHeight || 1.4;
    width = Math.min(canvas.clientWidth, canvas.clientHeight * ratio);
    resize(0.98);
  });
  dialog.addEventListener("click", (event) => {
    const action = event.target.dataset.zoom;
    if (action === "in") resize(1.4);
    else if (action === "out") resize(1 / 1.4);
    else if (action === "close" || event.target === dialog) dialog.close();
  });
})();
