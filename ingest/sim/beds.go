package sim

// bedColumns are those of operation 1. The personal ones were never seen
// filled: only a scenario does that.
var bedColumns = inWireOrder(func() []column[row] {
	list := []column[row]{
		{"dutyName", func(r *row) string { return r.name }},
		{"dutyTel3", func(r *row) string { return r.tel }},
		{"hpid", func(r *row) string { return r.id }},
		{"hv1", nil},  // 당직의 직통연락처
		{"hv12", nil}, // 소아당직의 직통연락처
		{"hvamyn", func(*row) string { return "Y" }},
		{"hvdnm", nil}, // 당직의
		{"hvidate", func(r *row) string { return stamp(r.at) }},
		{"phpid", func(r *row) string { return r.id }},
		{numbered, nil},
	}
	for i, f := range fields {
		list = append(list,
			column[row]{f.available, func(r *row) string { return r.readings[i].value }},
			column[row]{f.baseline, func(r *row) string { return r.readings[i].total }})
		if f.mirror != "" {
			list = append(list, column[row]{f.mirror, func(r *row) string { return owned(r.readings[i].value) }})
		}
	}
	return list
}())

func owned(flag string) string { return either(flag == "N1", "", flag) }

// beds is operation 1.
func (s *Sim) beds(q query) (items []item, code string) {
	if q.nationwide() && q.page == 1 {
		s.stir()
	}
	for _, h := range s.institutions {
		if h.reports() && q.staged(h) {
			r := s.row(h)
			items = append(items, itemOf(h.id, bedColumns, &r))
		}
	}
	return items, ""
}
