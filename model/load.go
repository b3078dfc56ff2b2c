package model

// An ItemLoad is what reservations make of one item at one hospital.
//
// Each reservation that goes on counts once: it is asked for, or its bed is
// held; and a bed is held for a patient on the way, or for one who has arrived
// and is not in the hospital's own numbers yet (absorbed). So Held − Coming have
// arrived, and what is free is value − Held.
type ItemLoad struct {
	Held   int `json:"held,omitempty"`   // beds that are kept for approved reservations (확보)
	Coming int `json:"coming,omitempty"` // of those, for patients still on the way (이송 중)
	Asked  int `json:"asked,omitempty"`  // requests without an answer (요청 중)
}

// A Load is what reservations make of a hospital, by item code: the value of
// /load. An item of which nothing is asked or held is not in it.
type Load map[string]ItemLoad

// A Reach says whether anybody at a hospital would notice a request: the value
// of /console. It is what consoles prove by their leases, never a guess.
type Reach string

// The reaches, from the best. A hospital without a /console key never had one.
const (
	ReachAudible Reach = "audible" // a console is open and its alarm can be heard (소리 들림)
	ReachVisible Reach = "visible" // one is open and in sight, but silent
	ReachOpen    Reach = "open"    // one is open, in a tab that nobody sees, and silent
	ReachNone    Reach = "none"    // none: call by telephone
)
