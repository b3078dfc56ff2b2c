// Package auth makes and checks the tokens of WeER.
//
// # The token
//
// A token is a JWT signed with Ed25519 (EdDSA). It says who ("sub"), as what
// ("role"), for which 시도 ("regions", what a control room is responsible for)
// and until when ("exp"); it names its key ("kid", the RFC 7638 thumbprint),
// comes from "weer" and is for "weer". The algorithm is pinned, the key is
// looked up among our own only, and a header with anything beyond alg, typ and
// kid is refused, so nothing in a token decides how it is checked.
//
// A token that was ours and is over is [fault.TokenExpired]: get a new one.
// Everything else is [fault.TokenInvalid]. Neither error holds a part of the
// token. Clocks of nodes may differ by [Leeway].
//
// # The key file
//
// One file holds the keys as PEM blocks: "PRIVATE KEY" (PKCS #8) signs and
// checks, "PUBLIC KEY" (PKIX) only checks. The first block signs, all check. To
// replace a key: put the new one first, and take the old one away when its last
// token is over. A file that others may read is refused, and an existing file
// is never overwritten.
//
// Checking one token costs about 60 µs and is done once per connection, so
// nothing is cached. Nothing here runs in the background.
package auth
