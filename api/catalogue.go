package api

import (
	"context"
	"net/http"

	"weer/model"
)

// A CatalogueItem is something that a hospital has so many of, or has or has not.
type CatalogueItem struct {
	Code    string      `json:"code" maxLength:"60" example:"er.general"`
	Group   model.Group `json:"group" enum:"er,icu,beds,equipment" doc:"Key of the region's feed in which it is."`
	YesNo   bool        `json:"yes_no" doc:"Its value is 1 (usable) or 0, and no number of beds."`
	Korean  string      `json:"ko" maxLength:"100" example:"일반 (응급실 일반병상)"`
	English string      `json:"en" maxLength:"100" example:"ER general beds"`
}

// A Disease (중증응급질환) is something that a hospital accepts or not.
type Disease struct {
	Code     string `json:"code" maxLength:"60" example:"severe.mi_reperfusion"`
	Official string `json:"official,omitempty" maxLength:"20" example:"Y0010" doc:"symTypCod of the national service."`
	Korean   string `json:"ko" maxLength:"100" example:"[재관류중재술] 심근경색"`
	English  string `json:"en" maxLength:"100"`
}

// An AnnouncementReason is why a hospital announces something.
type AnnouncementReason struct {
	Code    model.AnnouncementReason `json:"code" maxLength:"40" example:"no_specialist"`
	Refuses bool                     `json:"refuses" doc:"It speaks of what the hospital cannot do now."`
	Korean  string                   `json:"ko" maxLength:"100" example:"전문의 부재"`
	English string                   `json:"en" maxLength:"100"`
}

func (r *rest) catalogues() {
	const tag = "Catalogues"
	op := func(id, path, summary string) operation {
		return operation{ID: id, Method: http.MethodGet, Path: path, Tag: tag, Right: model.ReadBoard, Summary: summary}
	}
	catalogue(r, op("list-items", "/items", "What is counted: beds, equipment (병상·장비)"), model.Items, func(i model.Item) CatalogueItem {
		return CatalogueItem{i.Code, i.Group, i.YesNo, i.Korean, i.English}
	}, func(i CatalogueItem) string { return i.Code })
	catalogue(r, op("list-diseases", "/diseases", "중증응급질환 that are accepted or not"), model.Diseases, func(d model.Disease) Disease {
		return Disease{d.Code, d.Official, d.Korean, d.English}
	}, func(d Disease) string { return d.Code })
	catalogue(r, op("list-reasons", "/reasons", "Reasons of announcements"), model.Reasons, func(i model.ReasonInfo) AnnouncementReason {
		return AnnouncementReason{i.Code, i.Refuses, i.Korean, i.English}
	}, func(i AnnouncementReason) string { return string(i.Code) })
}

// catalogue offers a list that is the same for everybody while the process lives.
func catalogue[M, T any](r *rest, o operation, of []M, show func(M) T, name func(T) string) {
	list := make([]T, len(of))
	for i, m := range of {
		list[i] = show(m)
	}
	add(r, o, func(_ context.Context, in *listRegionsInput) (*catalogueOutput[T], error) {
		page, err := pageOf(in.Paging, list, name)
		return &catalogueOutput[T]{page}, err
	})
}

type catalogueOutput[T any] struct{ Body Page[T] }
