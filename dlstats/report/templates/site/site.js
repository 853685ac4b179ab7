"use strict";
// Theme, search, filters, sorting, copying, figures enlarged. Every page is complete without this script.
const all = (query, within = document) => [...within.querySelectorAll(query)];
const root = document.documentElement;
const kept = (value) => { try { return value === undefined ? localStorage.getItem("theme") : localStorage.setItem("theme", value); } catch { return null; } };
if (["dark", "light"].includes(kept())) root.dataset.theme = kept();

// The state of a view is in the address, so that it can be sent and survives a reload.
const state = () => new URLSearchParams(location.search);
const remember = (parameters) => {
  const query = parameters.toString();
  try { history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`); } catch { /* a browser that forbids it */ }
};
const folded = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f\u00ad]/g, "");
const wordsOf = (text) => folded(text).split(/[\s,;:/()“”"?!-]+/).filter(Boolean);

addEventListener("DOMContentLoaded", () => {
  theme();
  search();
  all(".faceted").forEach(faceted);
  copying();
  enlarging();
  const follow = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) document.querySelector(".facets")?.reset();
    setTimeout(() => {
      target.closest("details:not([open])")?.setAttribute("open", "");
      target.querySelector(":scope > .evidence details, :scope > figcaption > details")?.setAttribute("open", "");
      target.scrollIntoView({ block: "start" });
    });
  };
  addEventListener("hashchange", follow);
  follow();
});

function theme() {
  const button = document.getElementById("theme");
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`); };
  button.hidden = false;
  label();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; kept(root.dataset.theme); label(); });
}

// Search: the index is a script that is loaded when the reader first asks, for a page from a file cannot fetch.
function search() {
  const SHOWN = 40;
  const SMALL = new Set(["a", "against", "an", "and", "in", "is", "of", "on", "or", "the", "to", "versus", "vs"]);
  const ORDER = { study: 4, question: 3, figure: 2, lecture: 2, claim: 1 };
  const field = document.getElementById("search");
  const panel = document.getElementById("hits");
  const [status, list] = [panel.querySelector("output"), panel.querySelector("ol")];
  const base = document.body.dataset.root;
  let index = null;
  field.form.hidden = false;

  const load = () => {
    if (index !== null) return;
    index = [];
    const script = document.createElement("script");
    script.src = `${base}search.js`;
    script.onload = () => {
      index = window.searchIndex.map(([kind, title, url, words, verdict]) => ({ kind, title, url, words, verdict, head: folded(title), text: folded(`${title} ${words}`) }));
      run();
    };
    document.head.append(script);
  };
  const score = (hit, words) => words.reduce((sum, word) => sum + (hit.head.includes(word) ? 3 : 0) + (new RegExp(`(^|[^\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u").test(hit.text) ? 2 : 0), ORDER[hit.kind] || 0);
  const found = (text) => {
    // small words, and words that occur nowhere, do not hide what the others find
    const words = wordsOf(text).filter((word) => !SMALL.has(word) && index.some((hit) => hit.text.includes(word)));
    const hits = words.length ? index.filter((hit) => words.every((word) => hit.text.includes(word))) : [];
    return [words, hits.map((hit, place) => [score(hit, words), place, hit]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).map((row) => row[2])];
  };
  const marked = (text, words) => {
    const parts = document.createDocumentFragment();
    const low = text.toLowerCase();
    let at = 0;
    while (at < text.length) {
      const next = words.map((word) => [low.indexOf(word, at), word]).filter(([place]) => place >= 0).sort((a, b) => a[0] - b[0] || b[1].length - a[1].length)[0];
      if (!next) break;
      parts.append(text.slice(at, next[0]), Object.assign(document.createElement("mark"), { textContent: text.substr(next[0], next[1].length) }));
      at = next[0] + next[1].length;
    }
    parts.append(text.slice(at));
    return parts;
  };
  const run = () => {
    const text = field.value.trim();
    panel.hidden = !text;
    const parameters = state();
    text ? parameters.set("search", text) : parameters.delete("search");
    remember(parameters);
    if (!text || !index.length) return;
    const [words, hits] = found(text);
    list.replaceChildren(...hits.slice(0, SHOWN).map((hit) => {
      const [item, link, kind] = ["li", "a", "span"].map((tag) => document.createElement(tag));
      kind.className = "kind";
      kind.textContent = hit.verdict ? `${hit.kind}, ${hit.verdict}` : hit.kind;
      link.href = base + hit.url;
      link.append(kind, " ", marked(hit.title, words));
      item.append(link);
      return item;
    }));
    status.textContent = `${hits.length} found${hits.length > SHOWN ? `, the first ${SHOWN}` : ""}`;
  };
  const close = () => { field.value = ""; run(); field.focus(); };
  field.addEventListener("focus", load);
  field.addEventListener("input", () => { load(); run(); });
  field.form.addEventListener("submit", (event) => { event.preventDefault(); list.querySelector("a")?.click(); });
  list.addEventListener("click", (event) => { if (event.target.closest("a")) panel.hidden = true; });
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    const links = all("a", list);
    const place = links.indexOf(document.activeElement);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); field.focus(); field.select(); }
    else if (event.key === "Escape" && !panel.hidden) close();
    else if (event.key === "ArrowDown" && (document.activeElement === field || place >= 0) && links[place + 1]) { event.preventDefault(); links[place + 1].focus(); }
    else if (event.key === "ArrowUp" && place >= 0) { event.preventDefault(); (links[place - 1] || field).focus(); }
  });
  const asked = state().get("search");
  if (asked) { field.value = asked; load(); }
}

// Facets: values of one facet add up, facets and words narrow; a count says how many a value has under the other facets.
function faceted(box) {
  const form = box.querySelector(".facets");
  const items = all("[data-item]", box);
  const boxes = all("input[type=checkbox]", form);
  const words = form.querySelector("[name=q]");
  const status = form.querySelector("output");
  const opener = form.querySelector("[data-open]");
  const names = [...new Set(boxes.map((one) => one.name))];
  const has = (item, name, value) => (item.dataset[name] || "").split("|").includes(value);
  const texts = new Map();
  const text = (item) => texts.get(item) || texts.set(item, folded(item.textContent)).get(item);
  let sorted = "";

  const chosen = (name) => boxes.filter((one) => one.name === name && one.checked).map((one) => one.value);
  const passes = (item, name, values) => !values.length || values.some((value) => has(item, name, value));
  const show = () => {
    const picked = Object.fromEntries(names.map((name) => [name, chosen(name)]));
    const sought = wordsOf(words.value);
    const worded = sought.length ? items.filter((item) => sought.every((word) => text(item).includes(word))) : items;
    const visible = new Set(worded.filter((item) => names.every((name) => passes(item, name, picked[name]))));
    items.forEach((item) => { item.hidden = !visible.has(item); });
    for (const name of names) {
      const others = worded.filter((item) => names.every((other) => other === name || passes(item, other, picked[other])));
      for (const one of boxes) if (one.name === name) one.parentNode.querySelector(".count").textContent = others.filter((item) => has(item, name, one.value)).length;
    }
    status.textContent = status.textContent.replace(/^\d+/, visible.size);
    const parameters = state();
    names.forEach((name) => { parameters.delete(name); picked[name].forEach((value) => parameters.append(name, value)); });
    [["q", words.value.trim()], ["sort", sorted]].forEach(([name, value]) => (value ? parameters.set(name, value) : parameters.delete(name)));
    remember(parameters);
  };
  const sort = (key) => {
    sorted = key;
    const [name, down] = [key.replace(/^-/, ""), key.startsWith("-")];
    const textual = name === "claim" || name === "verdict";
    const value = (item) => (textual ? item.dataset[name] : item.dataset[name] === "" ? NaN : Number(item.dataset[name]));
    const place = (item) => Number(item.dataset.place);
    const compare = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (!textual && (Number.isNaN(x) || Number.isNaN(y))) return Number.isNaN(x) - Number.isNaN(y) || place(a) - place(b);
      return (down ? -1 : 1) * (textual ? x.localeCompare(y) : x - y) || place(a) - place(b);
    };
    items[0]?.parentNode.append(...[...items].sort(compare));
    all("[data-sort]", box).forEach((head) => head.setAttribute("aria-sort", head.dataset.sort !== name ? "none" : down ? "descending" : "ascending"));
  };
  all("[data-sort]", box).forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => { sort(sorted === head.dataset.sort ? `-${head.dataset.sort}` : head.dataset.sort); show(); });
  });
  const given = state();
  boxes.forEach((one) => { one.checked = given.getAll(one.name).includes(one.value); });
  words.value = given.get("q") || "";
  if (all("[data-sort]", box).some((head) => head.dataset.sort === (given.get("sort") || "").replace(/^-/, ""))) sort(given.get("sort"));
  form.hidden = false;
  form.querySelector("details").open = matchMedia("(min-width: 70rem)").matches || boxes.some((one) => one.checked);
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  opener.addEventListener("click", () => {
    const open = opener.textContent === "Open all";
    all("[data-item] details", box).forEach((one) => { one.open = open; });
    opener.textContent = open ? "Close all" : "Open all";
  });
  show();
}

function copying() {
  all("[data-copy]").forEach((button) => { button.hidden = false; });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: button.dataset.copy });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

function enlarging() {
  const dialog = document.getElementById("zoom");
  const canvas = dialog.querySelector(".canvas");
  let width = 0;
  const resize = (factor) => {
    width = Math.min(8000, Math.max(200, width * factor));
    canvas.querySelector("img").width = Math.round(width);
  };
  document.addEventListener("click", (event) => {
    const zoom = event.target.closest(".zoom");
    if (!zoom || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const image = Object.assign(document.createElement("img"), { src: zoom.href, alt: zoom.querySelector("img").alt });
    canvas.replaceChildren(image);
    dialog.showModal();
    image.addEventListener("load", () => {
      width = Math.min(canvas.clientWidth, (canvas.clientHeight * image.naturalWidth) / image.naturalHeight);
      resize(0.98);
    });
  });
  dialog.addEventListener("click", (event) => {
    const action = event.target.dataset.zoom;
    if (action === "in") resize(1.4);
    else if (action === "out") resize(1 / 1.4);
    else if (action === "close" || event.target === dialog) dialog.close();
  });
}
