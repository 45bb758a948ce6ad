package config

import (
	"strconv"

	"farebook/webhook"
)

// readWebhooks reads what webhook endpoints need. Its problems never quote a key.
func (r *reader) readWebhooks() {
	loopback, err := strconv.ParseBool(r.vars.WebhookLoopback)
	switch {
	case err != nil:
		r.problem("WEBHOOK_ALLOW_LOOPBACK is %q: set it to true or false", r.vars.WebhookLoopback)
	case loopback && r.production():
		r.problem("WEBHOOK_ALLOW_LOOPBACK is true: production sends webhooks to public addresses only, remove it")
	}
	r.config.WebhookLoopback = loopback
	text, read := r.readKeyFile(Receivers, "WEBHOOK_KEY_FILE", r.vars.WebhookKeyFile)
	if !read {
		return
	}
	keys, err := webhook.ParseKeys(text)
	if err != nil {
		r.problem("WEBHOOK_KEY_FILE is %s: %v", r.vars.WebhookKeyFile, err)
		return
	}
	r.config.WebhookKeys = keys
}
