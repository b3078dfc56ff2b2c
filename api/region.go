package api

import (
	"context"
	"net/http"

	"weer/model"
)

// A Region is a 시도, as the API shows it.
type Region struct {
	Code  string `json:"code" pattern:"^[0-9]{2}$" maxLength:"2" example:"11" doc:"시도 code (행정표준코드)."`
	Name  string `json:"name" maxLength:"40" example:"서울특별시" doc:"Official name."`
	Short string `json:"short" maxLength:"20" example:"서울" doc:"Name as people write it."`
	Feed  string `json:"feed" maxLength:"60" example:"region:11" doc:"Feed that carries the region's board."`
}

type listRegionsInput struct{ Paging }

type listRegionsOutput struct{ Body Page[Region] }

func (r *rest) regions() {
	add(r, operation{
		ID: "list-regions", Method: http.MethodGet, Path: "/regions", Tag: "Regions", Right: model.ReadBoard,
		Summary: "The 시도 and the feeds that carry their boards",
		Text:    "All regions (시도), by code. Regions are data: their number changes when provinces do.",
	}, listRegions)
}

func listRegions(_ context.Context, in *listRegionsInput) (*listRegionsOutput, error) {
	list := make([]Region, len(model.Regions))
	for i, r := range model.Regions {
		list[i] = Region{Code: r.Code, Name: r.Name, Short: r.Short, Feed: "region:" + r.Code}
	}
	page, err := pageOf(in.Paging, list, func(r Region) string { return r.Code })
	return &listRegionsOutput{page}, err
}
