// Package egen reads the open API of E-Gen (국립중앙의료원 전국 응급의료기관 정보
// 조회 서비스): it asks, judges the answer, and turns rows into our own terms. It
// holds every tag of the XML; nobody else knows one.
//
//	operation 1  [Client.Beds]           beds, rooms and devices, free and at all
//	operation 2  [Client.Acceptance]     which of 28 diseases a hospital accepts
//	operation 3  [Client.Institutions]   the national list: levels, places, telephones
//	operation 5  [Client.Institution]    the same of one hospital
//	operation 9  [Client.Announcements]  what hospitals say in their own words
//
// # What it promises
//
// Never a value that was not in the answer. What a hospital does not report
// stays not reported, what it reports in a form that is no usable value is
// unknown (and named among the rejected where the type has no such state), a
// negative count is kept (over capacity), a time that cannot be read is no
// time, a place outside Korea is no place. Telephone numbers and names of duty
// doctors (hv1, hv12, hvdnm) are skipped unread, and so are the diseases of
// operation 5: its MKioskTy numbers mean others than those of operation 2.
//
// Where an answer contradicts itself, the more cautious reading counts: a
// refusal over a silence, a silence over an acceptance, a restriction in force
// over a lifted one.
//
// An answer is a success only with HTTP status 200, the root element response
// and result code 00 (03: no rows). Everything else is an [Error] with its
// [Kind], which says what a caller does about it. An XML document that ends
// early is an error, however many rows it held: half a country is no answer.
//
// [Answer.Complete] says that as many rows came as were announced. Only then is
// absence believed, so two doubtful cases are never complete: an empty country
// (the gateway was seen to answer so for a moment), and pages that moved while
// they were fetched.
//
// The service key (인증키) appears in no error, no log and no text of this
// package; in answers that repeat it, it is masked.
//
// # Who owns which goroutine
//
// None. Every call runs on its caller's goroutine, ends with its context, and
// takes 15 seconds per page at most.
package egen
