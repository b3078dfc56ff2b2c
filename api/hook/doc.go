// Package hook posts what happens in a feed to other systems: webhooks.
//
// # What a target gets
//
// A POST with a batch of CloudEvents 1.0 (application/cloudevents-batch+json),
// also when it is only one. Each event is one of
//
//	weer.feed.event.v1    an event of the feed: {feed, epoch, from, to, digest, keys}
//	weer.feed.reset.v1    its whole state: {feed, epoch, seq, digest, reason, keys}
//	weer.webhook.ping.v1  a test that somebody asked for: {webhook, feed}
//
// with the meaning that keys, numbers, tombstones, digests and reasons have on
// the socket (weer.v1): a target that applies them in order holds the feed's
// state, and can prove it by the digest. The id of a feed's event is
// EPOCH/SEQ and its source is /feeds/FEED; time is when it was committed, of a
// reset when it was read. A new webhook begins with a reset, and one whose place
// the feed no longer keeps, or whose database has another history since, goes
// on with one.
//
// The request is signed as Standard Webhooks has it (webhook-id,
// webhook-timestamp, webhook-signature: v1, HMAC-SHA256) with the secret that
// was shown when the webhook was made; any of its libraries verifies it. The
// store has the secret only wrapped ([seal.KeyService]). webhook-id names what is sent and
// is the same when the same is sent again.
//
// # What is promised
//
// At least once, in order, and only a 2xx counts. A target is sent one request
// at a time, and the next only after the answer to the one before was written
// down. A node that dies between the two, or stands still for longer than its
// claim lasts, makes the same events come twice: a target ignores a number that
// it has. Nothing is left out: what was not taken stays owed for as long as the
// feed keeps it, and is a reset after that.
//
// What fails is tried again after a second, then ever more rarely, up to an hour
// apart ([model.Webhook]); Retry-After is honoured. After a day the webhook is
// dead: a dead letter says which events were not taken and why, the
// administrators' feed has an alert, and nothing is sent until somebody resumes
// or replays it. 410 Gone pauses it at once, and so does an owner who may no
// longer read the feed: that is asked before each request, not only when the
// webhook is made.
//
// # Which targets
//
// No target may be on a network that is not the public one: loopback, private,
// link-local, shared (CGNAT), multicast, documentation, translated and mapped
// addresses are refused, and so are the addresses at which clouds tell machines
// their secrets. That is decided on the address that is being dialled, after
// its name was resolved, so a name that changes its address gains nothing.
// Exceptions are the networks of the setting. Redirects are not followed, no
// proxy is used, and nothing of an answer but its status and Retry-After is
// looked at. Plain http is for the networks of the setting, and for a simulated
// WeER. A port may be any: a service that does not speak TLS is shown a
// handshake and nothing else.
//
// # Who does it
//
// Every node looks once a second, and at once after a change of its own
// ([Hooks.Wake]), for webhooks that are owed something. It claims one in the
// database, so of all nodes one sends at a time. A slow target costs only
// itself: each delivery has its own goroutine and at most ten seconds for a
// request, and targets that failed last have room of their own, so that they
// take none from those that answer.
//
// [Hooks.Run] owns all goroutines and returns after the last of them has ended.
// When it is told to end it gives its claims back, and another node goes on.
//
// No secret, target, payload or answer is ever logged.
package hook
