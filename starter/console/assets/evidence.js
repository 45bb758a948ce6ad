// Checks the files of evidence when they are chosen: their type, their size and their pages, alone and together. The server checks them
// again, and counts pages in the same way (booking.InspectEvidence).
"use strict";

const pageTree = /\/Type\s*\/Pages\b/g;
const objectStream = /\/Type\s*\/ObjStm\b/g;
const nearby = 65536;

// text has one character for each byte.
function text(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}

function countIn(content) {
  let pages = 0;
  for (const found of content.matchAll(pageTree)) {
    const begin = Math.max(content.lastIndexOf("<<", found.index), found.index - nearby, 0);
    const closing = content.indexOf(">>", found.index);
    const end = closing < 0 ? found.index + nearby : closing;
    for (const count of content.slice(begin, end).matchAll(/\/Count\s+(\d{1,6})\b/g)) {
      pages = Math.max(pages, Number(count[1]));
    }
  }
  return pages;
}

async function unpack(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let unpacked = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || unpacked.length > 32 << 20) {
        return unpacked;
      }
      unpacked += text(value);
    }
  } catch {
    return unpacked; // what follows the stream is no part of it
  }
}

// pagesOf is the number of pages; 0 where the script cannot count them and the server decides.
async function pagesOf(bytes) {
  const content = text(bytes);
  let pages = countIn(content);
  for (const found of content.matchAll(objectStream)) {
    let begin = content.indexOf("stream", found.index + found[0].length);
    if (begin < 0) {
      continue;
    }
    begin += "stream".length;
    begin += content.startsWith("\r\n", begin) ? 2 : 1;
    const end = content.indexOf("endstream", begin);
    pages = Math.max(pages, countIn(await unpack(bytes.slice(begin, end < 0 ? undefined : end))));
  }
  return pages;
}

// inspect returns the size and the pages of a chosen file, or that it is of no type that Stripe takes.
async function inspect(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const head = text(bytes.slice(0, 8));
  if (head.startsWith("\x89PNG\r\n") || head.startsWith("\xff\xd8\xff")) {
    return { bytes: bytes.length, pages: 1 };
  }
  if (head.startsWith("%PDF-")) {
    return { bytes: bytes.length, pages: await pagesOf(bytes) };
  }
  return { bytes: bytes.length, pages: 0, foreign: true };
}

const chosen = new Map(); // by input

// show puts a problem beside the field, and keeps the form from being sent with it.
function show(input, problem) {
  const id = input.id + "-chosen";
  let line = document.getElementById(id);
  if (!line) {
    line = document.createElement("p");
    line.id = id;
    line.className = "error";
    line.setAttribute("role", "alert");
    input.after(line);
  }
  line.textContent = problem;
  line.hidden = !problem;
  input.setCustomValidity(problem);
  input.setAttribute("aria-invalid", problem ? "true" : "false");
  if (problem) {
    input.setAttribute("aria-errormessage", id);
  } else {
    input.removeAttribute("aria-errormessage");
  }
}

function check(last) {
  const inputs = Array.from(document.querySelectorAll("input[data-evidence]"));
  let bytes = Number(last.dataset.allBytes);
  let pages = Number(last.dataset.allPages);
  for (const input of inputs) {
    const found = chosen.get(input);
    if (found) {
      bytes += found.bytes - Number(input.dataset.hasBytes);
      pages += found.pages - Number(input.dataset.hasPages);
    }
  }
  for (const input of inputs) {
    const found = chosen.get(input);
    let problem = "";
    if (found && found.foreign) {
      problem = input.dataset.wrongType;
    } else if (found && (bytes > Number(input.dataset.maxBytes) || found.bytes > Number(input.dataset.maxBytes))) {
      problem = input.dataset.tooLarge;
    } else if (found && pages > Number(input.dataset.maxPages)) {
      problem = input.dataset.tooLong;
    }
    show(input, problem);
  }
  const sum = document.querySelector("[data-evidence-sum]");
  if (sum) {
    sum.hidden = false;
    sum.textContent = sum.dataset.evidenceSum.replace("{size}", (bytes / 1e6).toFixed(1) + " MB").replace("{pages}", String(pages));
  }
}

document.addEventListener("change", async function (event) {
  const input = event.target.closest("input[data-evidence]");
  if (!input) {
    return;
  }
  chosen.delete(input);
  if (input.files.length > 0) {
    chosen.set(input, await inspect(input.files[0]));
  }
  check(input);
});
