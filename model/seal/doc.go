// Package seal keeps what only few may read unreadable for everybody else.
//
// # How
//
// Each case has a key of its own, 256 random bits. What is clinical is sealed
// with it (AES-256-GCM, a random nonce before the text), and the key is wrapped
// by a [KeyService] before it is stored. Everything is bound to what it is about
// (table, column, row): a sealed text that is moved to another row does not open.
//
// A webhook's secret is a key too, and is wrapped the same way.
//
// Whoever has the database alone reads nothing. Destroying a case's wrapped key
// destroys what was sealed with it in every copy of the text, those in backups
// included, as far as the backup lacks the key.
//
// # Key services
//
// [File] is one: a file of keys on each node, 0600. A key service of a cloud is
// another, which is why wrapping takes a context and happens outside of every
// transaction. Keys are replaced like those of tokens: the first one of the file
// wraps, all unwrap, and a key is taken away when nothing is wrapped with it any
// more.
//
// The package starts nothing and logs nothing; its errors hold no value.
package seal
