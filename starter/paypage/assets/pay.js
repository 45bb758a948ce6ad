// The payment page: Stripe's Payment Element, the countdown of the hold, and the state of the booking, which is asked of Farebook until it is
// final. What Stripe adds to the address after a redirect is not used.
(() => {
  "use strict";
  const page = document.getElementById("pay");
  if (!page) return;
  const data = page.dataset;
  const $ = (id) => document.getElementById(id);
  const form = $("form"), button = $("button"), error = $("error");
  const payable = (state) => state === "open" || state === "declined";
  const final = ["paid", "expired", "failed", "cancelled", "refunded"];

  // The client secret that Stripe adds to the address stays in no history.
  if (location.pathname + location.search !== data.page) history.replaceState(null, "", data.page);

  let state = data.state;
  let paidUntil = 0; // this page has paid: until then, the books may not know it yet
  let busy = false;
  let stripe, elements;

  function show(next, reason) {
    if (reason !== undefined) $("reason").textContent = reason;
    if (next !== state) {
      const hadFocus = form.contains(document.activeElement);
      state = next;
      for (const part of page.querySelectorAll("[data-shows]")) part.hidden = part.dataset.shows !== state;
      form.hidden = !payable(state);
      if (hadFocus && form.hidden) $("status").focus();
      if (final.includes(state)) elements?.getElement("payment")?.unmount();
    }
    if (payable(state)) prepare();
  }

  // The state, asked of Farebook: soon after a change, and ever more rarely.
  const soonest = 1000, rarest = 15000;
  let pause = soonest, timer;

  function plan() {
    clearTimeout(timer);
    if (final.includes(state)) return;
    timer = setTimeout(ask, pause);
    pause = Math.min(pause * 1.5, rarest);
  }

  async function ask() {
    try {
      const answer = await fetch(data.stateUrl, { cache: "no-store" });
      if (answer.status === 404 || answer.status === 410) {
        location.reload();
        return;
      }
      if (answer.ok) take(await answer.json());
    } catch {
      // no connection: the next question may have one
    }
    plan();
  }

  function take(known) {
    hold = Date.parse(known.holdExpiresAt);
    ahead = Date.parse(known.now) - Date.now();
    if (payable(known.state) && Date.now() < paidUntil) return;
    if (busy && payable(known.state)) return;
    if (known.state === "open" && state === "declined") return; // Stripe has said so, and the books do not know it yet
    show(known.state, known.reason || "");
  }

  function hurry() {
    pause = soonest;
    clearTimeout(timer);
    ask();
  }
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hurry());
  window.addEventListener("pageshow", (event) => event.persisted && hurry());

  // The countdown, by Farebook's clock.
  let hold = Number(data.hold), ahead = Number(data.now) - Date.now(), over = false;

  function count() {
    const left = Math.max(0, Math.ceil((hold - Date.now() - ahead) / 1000));
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
    $("left").textContent = (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(left % 60);
    $("countdown").hidden = false;
    if (left === 0 && !over) {
      over = true;
      enable();
      hurry();
    }
    if (left > 0 && over) {
      over = false;
      enable();
    }
  }
  count();
  setInterval(count, 1000);

  // The Payment Element.
  let preparing = false, ready = false;

  function enable() { button.disabled = busy || over || !ready; }

  async function prepare() {
    if (preparing || elements) return;
    preparing = true;
    try {
      await script();
      const answer = await fetch(data.secretUrl, { method: "POST", cache: "no-store" });
      if (answer.ok) {
        const { clientSecret } = await answer.json();
        stripe = window.Stripe(data.key);
        elements = stripe.elements({ clientSecret, locale: data.locale });
        const element = elements.create("payment", { layout: "tabs" });
        element.on("ready", () => {
          error.textContent = ""; // an earlier attempt to load the form may have failed
          ready = true;
          enable();
        });
        element.on("loaderror", () => { error.textContent = data.missing; });
        element.mount("#element");
      } else if (answer.status === 409) { // paid a moment ago, perhaps in another tab or at the bank: the books do not know it yet
        paidUntil = Date.now() + 60000;
        show("processing");
        hurry();
      } else if (answer.status === 429) {
        error.textContent = data.often;
      } else if (answer.status === 503) {
        error.textContent = data.paused;
      }
    } catch {
      error.textContent = data.missing;
    }
    preparing = false;
  }

  // script waits for Stripe.js, which is loaded beside this script.
  function script() {
    if (window.Stripe) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const tag = $("stripe");
      if (!tag) return reject(new Error("the page has no Stripe.js"));
      tag.addEventListener("load", resolve);
      tag.addEventListener("error", reject);
      setTimeout(() => (window.Stripe ? resolve() : reject(new Error("Stripe.js takes too long"))), 20000);
    });
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy || over || !ready) return;
    busy = true;
    error.textContent = "";
    const label = [...button.childNodes];
    button.replaceChildren(button.dataset.busy);
    form.setAttribute("aria-busy", "true");
    enable();
    let result;
    try {
      result = await stripe.confirmPayment({
        elements, confirmParams: { return_url: location.origin + data.page }, redirect: "if_required",
      });
    } catch {
      result = { error: {} }; // nobody knows what came of it
    }
    busy = false;
    button.replaceChildren(...label);
    form.removeAttribute("aria-busy");
    enable();
    report(result);
    hurry();
  });

  // report shows what came of an attempt until the books know it.
  function report({ error: failed, paymentIntent }) {
    const intent = paymentIntent || failed.payment_intent;
    if (intent && ["succeeded", "processing", "requires_capture"].includes(intent.status)) {
      paidUntil = Date.now() + 60000;
      show("processing");
    } else if (failed?.type === "card_error") {
      show("declined", failed.message);
    } else if (failed?.type === "validation_error") {
      error.textContent = failed.message;
    } else {
      error.textContent = data.wrong;
    }
  }

  if (payable(state)) prepare();
  plan();
})();
