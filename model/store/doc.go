// Package store keeps WeER's rows, feeds and events in SQL: MySQL (Aurora,
// MariaDB from 10.6) for real deployments, SQLite for one machine. It is the
// only package that knows SQL, and it hands out only the transaction.
//
// # What it promises
//
// A change is one transaction ([DB.Write]): rows, the state of the feeds
// (feed_key), one numbered event per feed that moved, and the digest of the
// state after it, or nothing of all that. It is acknowledged when it is on disk.
// A feed's numbers have no hole and no double, whatever the number of writers
// and nodes. A snapshot is of one moment. All of this is the same on both
// databases; what differs (upsert, the database's clock, pools, the lock around
// migrations) stands in mysql.go and sqlite.go.
//
// # A hospital's rows
//
// What each source said (observation, severe_disease_acceptance,
// er_announcement, the list's columns of hospital), what people said
// (correction, acceptance_correction, announcements made here, hospital_override),
// what reservations take of it (bed_hold), what is decided from it (base, region),
// and what is shown of it (emergency_room_info, icu, equipment). All are owned by
// whoever holds the lock of the row in hospital. They are read with one
// statement a table and saved by comparing them with what was read: only rows
// that differ are written, and those that are no more deleted. The feeds always
// hold exactly the keys of what is stored; a migration derives them anew.
//
// # A case's rows
//
// patient_condition, its key (case_key) and its reservations are owned by whoever
// holds the lock of the case, which comes behind that of its unit. A reservation
// stands twice: its own row is the case's, the bed that it takes is the
// hospital's, and whoever changes both holds both locks.
//
// # A console's lease
//
// A row of console is the hospital's too, but for its end: one statement moves
// that, by the database's clock and without the hospital's lock, if the lease is
// there, is not over and says the same. So a console that goes on proving what it
// proved waits for nobody and is waited for by nobody.
//
// # The transaction
//
// It runs at READ COMMITTED and locks by writing first, then reads, then
// decides: unit, case, hospitals by id, other rows, and the feeds last of all.
// [model.Tx] refuses a call that comes too late for this order. The feeds'
// locks are taken by one upsert with the rows in name order, so writers queue
// and do not deadlock; see flush.go. The transaction is cut 3 s after it began.
// Nothing outside the database is called in it.
//
// # What fails how
//
// A deadlock, a lock that is not had in time, a cut, a busy or lost database:
// the whole function runs again, some ten times with growing random pauses,
// about as long as a database takes to restart, or until the caller's context
// ends. Then the caller gets fault.Unavailable and nothing was changed. When the
// connection is lost while COMMIT is on its way, nobody can know: the caller
// gets fault.Unavailable that says so and no events; those that were committed
// after all are found by the followers' verification. Any other error of the
// function is returned as it is. Errors never hold a password or a value.
//
// # Goroutines
//
// The package starts none but those of database/sql, which [DB.Close] ends. All
// methods are safe for concurrent use.
package store
