package drill

// load is what is asked of a hospital and held of it, by item. A patient who has
// arrived takes a bed until somebody there has counted the beds since.
func (h *hospital) load() map[string]map[string]int {
	load := map[string]map[string]int{}
	count := func(item string, what ...string) {
		if load[item] == nil {
			load[item] = map[string]int{}
		}
		for _, name := range what {
			load[item][name]++
		}
	}
	for _, held := range h.holds {
		switch {
		case held.kind == "asked":
			count(held.item, "asked")
		case held.kind == "coming":
			count(held.item, "held", "coming")
		case held.kind == "absorbed" && h.corrections[held.item].made <= held.since:
			count(held.item, "held")
		}
	}
	return load
}

// proved is the best that the leases prove, in the words of the feed.
func (h *hospital) proved() string {
	seen, heard := false, false
	for _, l := range h.leases {
		seen, heard = seen || l.visible, heard || l.audible
	}
	switch {
	case heard:
		return "audible"
	case seen:
		return "visible"
	case len(h.leases) > 0:
		return "open"
	}
	return "none"
}
