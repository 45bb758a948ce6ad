// What is pleasant and not needed: every form works without it.
"use strict";

// A choice with data-submit sends its form when it changes; the button beside it is for browsers without scripts.
document.addEventListener("change", function (event) {
  const select = event.target.closest("select[data-submit=change]");
  if (select && select.form) {
    select.form.requestSubmit();
  }
});

function browserZone() {
  try {
    return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  } catch {
    return "";
  }
}

// The list of time zones gets that of this browser, and its button is not needed. A problem gets the focus.
function prepare() {
  const select = document.querySelector("select[data-browser-zone]");
  const zone = browserZone();
  if (select && zone) {
    const known = Array.from(select.options).find((option) => option.value === zone);
    const option = known || new Option(zone, zone);
    option.textContent = zone + " · " + select.dataset.browserZone;
    if (!known) {
      select.add(option);
    }
  }
  const problem = document.getElementById("problem");
  if (problem) {
    problem.focus();
  }
}

document.addEventListener("DOMContentLoaded", function () {
  document.documentElement.classList.add("scripted");
  prepare();
});

// A list that was replaced is read from its beginning, unless the reader is in a field of it.
document.addEventListener("htmx:afterSettle", function (event) {
  prepare();
  if (event.target.id === "main" && document.activeElement === document.body) {
    event.target.focus({ preventScroll: true });
  }
});

// A form that is sent keeps its button from being pressed twice. Its key has it act once anyway.
document.addEventListener("submit", function (event) {
  const button = event.submitter;
  if (button && event.target.method === "post") {
    setTimeout(function () { button.disabled = true; }, 0);
  }
});

window.addEventListener("pageshow", function () {
  document.querySelectorAll("form[method=post] button:disabled").forEach(function (button) { button.disabled = false; });
});
