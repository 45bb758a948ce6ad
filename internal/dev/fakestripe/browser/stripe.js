// What the stand-in serves in place of Stripe.js (docs.stripe.com/js): the same calls with the same results, for the Payment Element and
// cards. As at Stripe, the card is typed into a frame of this origin, so that no page that loads this script sees it.
(() => {
  "use strict";
  const origin = new URL(document.currentScript.src).origin;

  // call asks the API with a publishable key, as Stripe.js does.
  async function call(key, method, path, values) {
    const parameters = new URLSearchParams(values);
    const query = method === "GET" ? "?" + parameters : "";
    try {
      const response = await fetch(origin + path + query, {
        method, headers: { Authorization: "Bearer " + key }, body: method === "POST" ? parameters : undefined,
      });
      const body = await response.json();
      return body.error ? { error: body.error } : { paymentIntent: body };
    } catch {
      return { error: { type: "api_connection_error", message: "Stripe could not be reached." } };
    }
  }

  const intentOf = (secret) => secret.split("_secret_")[0];
  const never = () => new Promise(() => {});

  class PaymentElement {
    constructor(key, options) {
      this.key = key;
      this.options = options;
      this.listeners = {};
      this.onMessage = (event) => {
        if (this.frame && event.source === this.frame.contentWindow && event.origin === origin) this.hear(event.data);
      };
    }

    on(name, listener) {
      (this.listeners[name] ||= []).push(listener);
      return this;
    }

    mount(where) {
      const parent = typeof where === "string" ? document.querySelector(where) : where;
      window.addEventListener("message", this.onMessage);
      this.frame = document.createElement("iframe");
      this.frame.title = "Secure payment input frame";
      this.frame.allow = "payment *";
      this.frame.src = origin + "/v3/elements-inner-payment.html#" + new URLSearchParams({ locale: this.options.locale || "en" });
      Object.assign(this.frame.style, { border: "0", width: "100%", height: "13rem", display: "block", colorScheme: "light" });
      parent.replaceChildren(this.frame);
    }

    unmount() {
      window.removeEventListener("message", this.onMessage);
      this.frame?.remove();
      this.frame = undefined;
    }

    destroy() { this.unmount(); }
    update() {}
    focus() { this.frame?.focus(); }

    hear(message) {
      if (message.type === "height") this.frame.style.height = message.pixels + "px";
      for (const listener of this.listeners[message.type] || []) listener({ elementType: "payment", ...message });
    }

    // confirm has the frame confirm the payment with the card that was typed into it.
    confirm(secret, returnURL) {
      return new Promise((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = (event) => resolve(event.data);
        this.frame.contentWindow.postMessage({ type: "confirm", key: this.key, secret, returnURL }, origin, [channel.port2]);
      });
    }
  }

  window.Stripe = (key) => {
    if (!/^pk_(test|live)_/.test(key)) throw new Error("Please call Stripe() with your publishable key.");

    // proceed follows the next action of a PaymentIntent, or returns it where there is none.
    function proceed(result) {
      const next = result.paymentIntent?.next_action;
      if (next?.type !== "redirect_to_url") return result;
      location.assign(next.redirect_to_url.url);
      return never();
    }

    const retrievePaymentIntent = (secret) => call(key, "GET", "/v1/payment_intents/" + intentOf(secret), { client_secret: secret });
    return {
      elements(options) {
        const created = {};
        return {
          clientSecret: options.clientSecret,
          create(type) {
            if (type !== "payment") throw new Error("The stand-in has the payment element only.");
            return (created[type] = new PaymentElement(key, options));
          },
          getElement: (type) => created[type] || null,
          submit: async () => ({}),
          update: () => {},
        };
      },
      async confirmPayment({ elements, clientSecret, confirmParams, redirect }) {
        const secret = clientSecret || elements.clientSecret;
        const result = await elements.getElement("payment").confirm(secret, confirmParams?.return_url);
        if (result.error) return { error: result.error };
        if (result.paymentIntent.status === "requires_action") return proceed(result);
        if (redirect === "if_required") return result;
        const back = new URL(confirmParams.return_url);
        back.searchParams.set("payment_intent", result.paymentIntent.id);
        back.searchParams.set("payment_intent_client_secret", secret);
        back.searchParams.set("redirect_status", "succeeded");
        location.assign(back);
        return never();
      },
      retrievePaymentIntent,
      handleNextAction: async ({ clientSecret }) => proceed(await retrievePaymentIntent(clientSecret)),
    };
  };
})();
