// Dropping files on a form that takes files: it fills the form's file field and sends it. Without this file the field
// and the button do the same.
(() => {
  "use strict";
  const form = document.querySelector("form[data-drop]");
  if (!form) return;
  const zone = form.querySelector(".drop"), field = form.querySelector("input[type=file]");
  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");

  // A file that misses the zone must not replace the page.
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => hasFiles(event) && event.preventDefault());

  zone.addEventListener("dragover", (event) => {
    if (hasFiles(event)) zone.classList.add("over");
  });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    if (!hasFiles(event) || !event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  });

  // Once is enough: checking takes a moment.
  form.addEventListener("submit", () => {
    const status = document.getElementById("live"), button = form.querySelector("button[type=submit]");
    if (status) status.textContent = "Reading and checking the files";
    button.textContent = "Checking…";
    setTimeout(() => { button.disabled = true; }, 0);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
