// The few things that plain HTML cannot do. Every page works without this file.
(() => {
  "use strict";
  document.documentElement.classList.add("has-js");

  // The nearest element around an event that fits a selector; events can also come from the document itself.
  const near = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // Copy buttons: <button class="copy" data-copy="text">
  document.addEventListener("click", async (event) => {
    const button = near(event, "[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    button.classList.add("done");
    const status = document.getElementById("live");
    if (status) status.textContent = "Copied " + button.dataset.copy;
    setTimeout(() => button.classList.remove("done"), 1500);
  });

  // Menus are <details class="menu">: a click elsewhere or Escape closes them.
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });

  // "/" goes to the search field, Escape closes menus.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of openMenus()) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    const typing = near(event, "input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = document.querySelector("main [data-search]") || document.querySelector("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  // Empty fields stay out of the address, so that links are short and equal filters have equal addresses.
  document.addEventListener("formdata", (event) => {
    if (event.target.method !== "get") return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  // Arrow keys move through the access matrix.
  document.addEventListener("keydown", (event) => {
    const cell = near(event, ".matrix td, .matrix th");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return;
    const rows = [...cell.closest("table").rows];
    let y = cell.parentElement.rowIndex, x = cell.cellIndex;
    for (;;) {
      y += step[0]; x += step[1];
      const next = rows[y] && rows[y].cells[x];
      if (!next) return;
      const link = next.querySelector("a");
      if (link) { event.preventDefault(); link.focus(); return; }
    }
  });

  // The sync panel names the page to go to when the run ended.
  document.addEventListener("sync-done", (event) => {
    const next = near(event, "[data-done]");
    if (next) location.assign(next.dataset.done);
  });
})();
