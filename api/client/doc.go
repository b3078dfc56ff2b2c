// Package client is the Go SDK of WeER: displays that follow feeds over the
// socket protocol weer.v1, and resume by themselves for as long as they run.
//
//	c, err := client.New(client.Options{URLs: []string{"http://127.0.0.1:8080"}, Token: token})
//	seoul := c.Follow("region:11")
//	go c.Run(ctx)
//	for change := range seoul.Changes(ctx) { … seoul.View() … }
//
// # What it promises
//
// A [Display] shows a board that some server of the list proved, and says how
// long ago: [feed.Live] only while the last proof is younger than the server's
// own limit. What is held stays when the socket is lost, is resumed from its
// cursor, and is replaced only by a reset. The rules are those of
// [feed.Reader]; this package adds the socket and nothing to the truth.
//
// [Client.Run] never gives up: it tries the URLs in order, with full jitter and
// an exponential back-off, waits what a server asks it to wait, and replaces a
// socket that is open and proves nothing (a half-open connection). It ends with
// its context, or with a *fault.Error whose action is stop or sign_in, when
// trying again would end the same.
//
// # Operations and accounts
//
// [REST] calls the operations below /api/v1 on the same servers and repeats what
// may be repeated. A board that it read is where a display may begin
// ([Client.FollowFrom]); what a command came to lies over the boards until the
// socket brings it ([Client.Overlay]). [SignIn] is a source of tokens for both.
//
// # Who owns which goroutine
//
// A [Console] owns one, which ends before Close returns. Of a client, Run owns
// them all and returns after the last has ended: itself, which writes;
// one that reads the socket; at times one that fetches a token. Everything else
// runs on its caller's goroutine, also [Display.Changes]. All methods may be
// called from any goroutine, before, while and after Run runs.
//
// The goroutine that reads waits for nobody: it takes a display's lock for as
// long as a frame needs to be applied, and leaves word for consumers where word
// already left is merged with. A consumer that is slow, or gone, costs itself.
// Options.OnFrame is the one exception, because it is meant to see every frame.
//
// # What fails how
//
// A frame that cannot be understood ends the socket, not the client. A feed
// that the server refuses leaves its reason in [Display.Err] and is asked for
// again with the next socket or token. Errors carry no token.
package client
