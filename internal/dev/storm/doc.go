// Package storm runs a whole Farebook as real processes under a schedule of faults that is drawn from a seed: two APIs behind a balancer,
// two workers, MariaDB, Temporal, the Stripe stand-in and a mailbox. Travellers, of whom every fourth calls by the client for TypeScript,
// support, finance and Stripe's own whims act meanwhile and keep a journal of every acknowledged answer. When all faults have healed, an
// oracle checks the promises: by the proof that `starter verify` makes, by Stripe's truth, by the journal, by Temporal's lists, by the
// mailbox and a webhook endpoint, and by programs of others: hledger, go-message, the library of Standard Webhooks. `make storm` runs it,
// and holds the stand-in's requests and answers against Stripe's.
//
// One seed draws one schedule of faults and the same stories. What runs at the same moment still depends on the machine: a seed repeats
// the faults, and not the interleaving.
//
// It imports access, store, internal/clock, internal/exitcode, internal/payload, internal/wait, and devstack, failpoints, fakestripe,
// freeport, link, mailbox, promises and wholefile of internal/dev.
package storm
