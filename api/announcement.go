package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// An Announcement (응급실·중증질환 메시지) is what a hospital tells in words. It is
// not always a refusal.
type Announcement struct {
	ID         string                   `json:"id" maxLength:"40"`
	HospitalID string                   `json:"hospital_id" maxLength:"8" example:"A1100001"`
	Region     string                   `json:"region,omitempty" maxLength:"2" example:"11"`
	Source     string                   `json:"source" maxLength:"60" enum:"egen.messages,console" doc:"The national service, or somebody here."`
	Kind       model.AnnouncementKind   `json:"kind" enum:"er,severe" doc:"About the emergency room (응급) or a severe disease (중증)."`
	Reason     model.AnnouncementReason `json:"reason,omitempty" maxLength:"40" example:"no_specialist" doc:"Coded; see /reasons. Absent where the source says none."`
	Disease    string                   `json:"disease,omitempty" maxLength:"60" example:"severe.burn"`
	Code       string                   `json:"code,omitempty" maxLength:"20" example:"Y0010" doc:"symTypCod as the national service sent it."`
	Text       string                   `json:"text" maxLength:"2000"`
	Department string                   `json:"department,omitempty" maxLength:"200" doc:"진료과."`
	Lifted     bool                     `json:"lifted,omitempty" doc:"해제: it is over."`
	Automatic  bool                     `json:"automatic,omitempty" doc:"자동: it is lifted by its end."`
	StartsAt   feed.Time                `json:"starts_at" doc:"null: not said."`
	EndsAt     feed.Time                `json:"ends_at" doc:"null: open."`
	Since      feed.Time                `json:"since" doc:"When it was first heard."`
	By         string                   `json:"by,omitempty" maxLength:"100" doc:"Of one made here: who said it last."`
	Revision   uint64                   `json:"revision,omitempty" maximum:"9007199254740991" doc:"Of one made here: counts what was said of it."`
	InForce    bool                     `json:"in_force" doc:"Not lifted, begun and not over, by the server's clock."`
}

func announcementOf(a model.Announcement, region string, now feed.Time) Announcement {
	return Announcement{
		ID: a.ID, HospitalID: a.HospitalID, Region: region, Source: a.Source, Kind: a.Kind, Reason: a.Reason,
		Disease: a.Disease, Code: a.Code, Text: a.Text, Department: a.Department, Lifted: a.Lifted, Automatic: a.Automatic,
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, Since: a.SinceAt, By: a.By, Revision: a.Revision, InForce: a.ActiveAt(now),
	}
}

// announcementsOf are those of some hospitals, by hospital and id.
func announcementsOf(hospitals []model.Hospital, inForce bool, now feed.Time) []Announcement {
	list := []Announcement{}
	for _, h := range hospitals {
		for _, a := range h.Announcements {
			if a.ActiveAt(now) || !inForce {
				list = append(list, announcementOf(a, h.Region, now))
			}
		}
	}
	slices.SortFunc(list, func(a, b Announcement) int { return strings.Compare(a.name(), b.name()) })
	return list
}

func (a Announcement) name() string { return a.HospitalID + "/" + a.ID }

// An AnnouncementPage is a part of a list of announcements.
type AnnouncementPage struct {
	Page[Announcement]
	ConfirmedAt feed.Time `json:"confirmed_at" doc:"Last complete poll of the national service's: those are as old as this."`
	Late        bool      `json:"late" doc:"That source has missed two of its polls."`
	Places
}

// An AnnouncementRecord is one announcement, and from where it is.
type AnnouncementRecord struct {
	Announcement
	Places
}

// An InForce is embedded in the input of lists of announcements.
type InForce struct {
	InForce bool `query:"in_force" doc:"Only those that are in force now."`
}

type listAnnouncementsInput struct {
	RegionRef
	InForce
	Paging
}

type hospitalAnnouncementsInput struct {
	HospitalRef
	InForce
	Paging
}

type listAnnouncementsOutput struct{ Body AnnouncementPage }

// An AnnouncementRef is embedded in the input of what is about one announcement.
type AnnouncementRef struct {
	HospitalRef
	AnnouncementID string `path:"aid" minLength:"1" maxLength:"40" pattern:"^[0-9a-f-]+$" doc:"Id of the announcement."`
}

type readAnnouncementInput struct {
	AnnouncementRef
	Conditions
}

type readAnnouncementOutput struct {
	Tagged
	Body AnnouncementRecord
}

type announceInput struct {
	HospitalRef
	Body struct {
		Kind     model.AnnouncementKind   `json:"kind" enum:"er,severe" doc:"About the emergency room, or about a severe disease."`
		Disease  string                   `json:"disease,omitempty" maxLength:"60" doc:"Of severe: which; see /diseases."`
		Reason   model.AnnouncementReason `json:"reason" maxLength:"40" example:"no_specialist" doc:"Coded; see /reasons."`
		Text     string                   `json:"text,omitempty" maxLength:"2000" doc:"Without it, the reason's name. No word about a patient."`
		StartsAt feed.Time                `json:"starts_at,omitempty" doc:"Absent: now. Within seven days."`
		EndsAt   feed.Time                `json:"ends_at" doc:"It ends by itself, seven days after its start at the latest."`
	}
}

type amendInput struct {
	AnnouncementRef
	Precondition
	Body struct {
		Reason   *model.AnnouncementReason `json:"reason,omitempty" maxLength:"40"`
		Text     *string                   `json:"text,omitempty" maxLength:"2000"`
		StartsAt *feed.Time                `json:"starts_at,omitempty"`
		EndsAt   *feed.Time                `json:"ends_at,omitempty"`
	}
}

type liftInput struct {
	AnnouncementRef
	Precondition
}

// An Announced is an announcement after a command, and what moved.
type Announced struct {
	Announcement
	Moves
}

type announcedOutput struct {
	Replay
	Body Announced
}

func (r *rest) announcements() {
	const tag = "Announcements"
	read := func(id, path, summary string) operation {
		return operation{ID: id, Method: http.MethodGet, Path: path, Tag: tag, Right: model.ReadBoard, Summary: summary}
	}
	write := func(id, method, path, summary string, faults ...fault.Code) operation {
		return operation{
			ID: id, Method: method, Path: "/hospitals/{id}/announcements" + path, Tag: tag, Right: model.WriteCapacity, Command: true,
			Summary: summary, Faults: append(faults, fault.Conflict),
		}
	}
	add(r, read("list-announcements", "/announcements", "Announcements of a region's hospitals"), r.server.listAnnouncements)
	add(r, read("list-hospital-announcements", "/hospitals/{id}/announcements", "Announcements of one hospital"), r.server.hospitalAnnouncements)
	add(r, read("get-announcement", "/hospitals/{id}/announcements/{aid}", "One announcement"), r.server.readAnnouncement)
	announce := write("make-announcement", http.MethodPost, "", "Announces something of a hospital")
	announce.Text, announce.Status = "Stands beside the national service's, whatever the polls say, and ends by itself; an hour later it goes.", http.StatusCreated
	add(r, announce, r.server.announce)
	amend := write("change-announcement", http.MethodPatch, "/{aid}", "Changes an announcement that was made here", fault.PreconditionFailed)
	amend.Text = "One that is over is not changed, and neither is the national service's own. What is absent stays."
	add(r, amend, r.server.amend)
	add(r, write("lift-announcement", http.MethodPost, "/{aid}/lift", "Ends an announcement now (해제)", fault.PreconditionFailed), r.server.lift)
}

func (s *Server) listAnnouncements(ctx context.Context, in *listAnnouncementsInput) (*listAnnouncementsOutput, error) {
	c, hospitals, err := s.region(ctx, in.Region)
	if err != nil {
		return nil, err
	}
	return pageOfAnnouncements(ctx, in.Paging, c, announcementsOf(hospitals, in.InForce.InForce, c.Now))
}

func (s *Server) hospitalAnnouncements(ctx context.Context, in *hospitalAnnouncementsInput) (*listAnnouncementsOutput, error) {
	h, c, err := s.service.Hospital(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return pageOfAnnouncements(ctx, in.Paging, c, announcementsOf([]model.Hospital{h}, in.InForce.InForce, c.Now))
}

func pageOfAnnouncements(ctx context.Context, p Paging, c model.Capacity, list []Announcement) (*listAnnouncementsOutput, error) {
	page, err := pageOf(p, list, Announcement.name)
	source := c.Sources[model.SourceAnnouncements]
	return &listAnnouncementsOutput{AnnouncementPage{page, source.CompleteAt, source.Late(c.Now.Std()), placesFor(ctx, c.Heads)}}, err
}

// announcement reads one as it is.
func (s *Server) announcement(ctx context.Context, ref AnnouncementRef) (Announcement, model.Capacity, error) {
	h, c, err := s.service.Hospital(ctx, ref.ID)
	if err != nil {
		return Announcement{}, c, err
	}
	a, there := h.Announcements[ref.AnnouncementID]
	if !there {
		return Announcement{}, c, fault.New(fault.NotFound, "the hospital has no such announcement")
	}
	return announcementOf(a, h.Region, c.Now), c, nil
}

func (s *Server) readAnnouncement(ctx context.Context, in *readAnnouncementInput) (*readAnnouncementOutput, error) {
	a, c, err := s.announcement(ctx, in.AnnouncementRef)
	if err != nil {
		return nil, err
	}
	tag := tagOf(a)
	if err := in.unchanged(tag); err != nil {
		return nil, err
	}
	return &readAnnouncementOutput{Tagged{tag}, AnnouncementRecord{a, placesFor(ctx, c.Heads)}}, nil
}

func (s *Server) announce(ctx context.Context, in *announceInput) (*announcedOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return announcedOf(ctx)(s.service.Announce(ctx, model.AnnounceCommand{
		HospitalID: in.ID, ID: id.String(), Kind: in.Body.Kind, Disease: in.Body.Disease, Reason: in.Body.Reason, Text: in.Body.Text,
		StartsAt: in.Body.StartsAt, EndsAt: in.Body.EndsAt,
	}))
}

func (s *Server) amend(ctx context.Context, in *amendInput) (*announcedOutput, error) {
	seen, err := s.seen(ctx, in.AnnouncementRef, in.Precondition)
	if err != nil {
		return nil, err
	}
	return announcedOf(ctx)(s.service.Amend(ctx, model.AmendCommand{
		HospitalID: in.ID, ID: in.AnnouncementID, Seen: seen,
		Reason: in.Body.Reason, Text: in.Body.Text, StartsAt: in.Body.StartsAt, EndsAt: in.Body.EndsAt,
	}))
}

func (s *Server) lift(ctx context.Context, in *liftInput) (*announcedOutput, error) {
	seen, err := s.seen(ctx, in.AnnouncementRef, in.Precondition)
	if err != nil {
		return nil, err
	}
	return announcedOf(ctx)(s.service.Lift(ctx, model.AmendCommand{HospitalID: in.ID, ID: in.AnnouncementID, Seen: seen}))
}

// seen is the revision that an If-Match is about, 0 without one: the tag is of
// what was read here, and the change decides under lock whether that still is.
func (s *Server) seen(ctx context.Context, ref AnnouncementRef, p Precondition) (uint64, error) {
	if err := ref.known(); err != nil || p.IfMatch == "" {
		return 0, err
	}
	if carried, err := s.service.Carried(ctx); err != nil || carried {
		return 0, err // the receipt answers, whatever the announcement has become
	}
	a, _, err := s.announcement(ctx, ref)
	if err != nil {
		return 0, err
	}
	return a.Revision, p.holds(tagOf(a))
}

// announcedOf makes the answer of a command's receipt, whose result is the
// announcement as it was made.
func announcedOf(ctx context.Context) func(model.Receipt, error) (*announcedOutput, error) {
	return func(r model.Receipt, err error) (*announcedOutput, error) {
		if err != nil {
			return nil, err
		}
		out := &announcedOutput{Replay: replayOf(r)}
		if err := json.Unmarshal(r.Result, &out.Body.Announcement); err != nil {
			return nil, err
		}
		a := &out.Body.Announcement
		now := feed.At(time.Now())
		a.InForce = model.Announcement{Lifted: a.Lifted, StartsAt: a.StartsAt, EndsAt: a.EndsAt}.ActiveAt(now)
		out.Body.Moves = movesFor(ctx, r)
		return out, nil
	}
}
