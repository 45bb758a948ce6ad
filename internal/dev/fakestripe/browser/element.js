// The frame of the Payment Element: it has the card, and confirms the payment with a publishable key and the client secret.
"use strict";

const texts = {
  ar: { number: "رقم البطاقة", expiry: "تاريخ الانتهاء (شهر/سنة)", cvc: "رمز الأمان" },
};
const locale = new URLSearchParams(location.hash.slice(1)).get("locale");
if (texts[locale]) {
  document.documentElement.lang = locale;
  document.documentElement.dir = "rtl";
  for (const span of document.querySelectorAll("[data-text]")) span.textContent = texts[locale][span.dataset.text];
}

const field = (id) => document.getElementById(id);
const digits = (id) => field(id).value.replace(/\D/g, "");
const say = (message) => parent.postMessage(message, "*"); // nothing that is said is secret

// incomplete is Stripe's error for a form that is not filled in; undefined for a complete one.
function incomplete() {
  const wrong = (code, message) => ({ type: "validation_error", code, message });
  if (digits("number").length < 14) return wrong("incomplete_number", "Your card number is incomplete.");
  if (digits("expiry").length !== 4) return wrong("incomplete_expiry", "Your card's expiration date is incomplete.");
  if (digits("cvc").length < 3) return wrong("incomplete_cvc", "Your card's security code is incomplete.");
}

async function post(key, path, values) {
  const response = await fetch(path, { method: "POST", headers: { Authorization: "Bearer " + key }, body: new URLSearchParams(values) });
  return response.json();
}

async function confirm({ key, secret, returnURL }) {
  const error = incomplete();
  if (error) return { error };
  try {
    const method = await post(key, "/v1/payment_methods", {
      type: "card", "card[number]": digits("number"), "card[cvc]": digits("cvc"),
      "card[exp_month]": String(Number(digits("expiry").slice(0, 2))), "card[exp_year]": "20" + digits("expiry").slice(2),
    });
    if (method.error) return { error: method.error };
    const intent = await post(key, "/v1/payment_intents/" + secret.split("_secret_")[0] + "/confirm", {
      client_secret: secret, payment_method: method.id, return_url: returnURL,
    });
    return intent.error ? { error: intent.error } : { paymentIntent: intent };
  } catch {
    return { error: { type: "api_connection_error", message: "Stripe could not be reached." } };
  }
}

addEventListener("message", async (event) => {
  if (event.source === parent && event.data.type === "confirm") event.ports[0].postMessage(await confirm(event.data));
});
document.addEventListener("input", () => say({ type: "change", complete: !incomplete(), empty: digits("number") === "" }));
say({ type: "height", pixels: document.documentElement.offsetHeight + 8 });
say({ type: "ready" });
