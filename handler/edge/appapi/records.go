package appapi

import (
	"cmp"
	"net/http"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// maxBody is the most bytes that a record may have on the wire: its title of
// 1,024 bytes with every character escaped, and room for the rest.
const maxBody = 8 << 10

// recordPage is one page of a list of records.
type recordPage struct {
	Records []directory.Record `json:"records"`
	Next    string             `json:"next,omitempty"`
}

func (a api) putRecord(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	content, err := exchange.Body(w, r, maxBody, "application/json")
	if err != nil {
		return err
	}
	record, owner := directory.Record{Type: r.PathValue("type"), ID: r.PathValue("id")}, ""
	if err := exchange.DecodeObject(content,
		exchange.Text("owner", &owner, "01970c3e-8f00-7000-8000-000000000000"),
		exchange.Text("title", &record.Title, "Offer for 20 licences"),
		exchange.Text("status", &record.Status, directory.RecordOpen),
	); err != nil {
		return err
	}
	// What is no id stays the zero id, which the record's own check refuses.
	record.Owner, _ = directory.ParseID(owner)
	if err := a.Records.Put(r.Context(), tenant.ID, record); err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, record)
}

func (a api) showRecord(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	record, err := a.Records.Get(r.Context(), tenant.ID, r.PathValue("type"), r.PathValue("id"))
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, record)
}

func (a api) deleteRecord(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	if err := a.Records.Delete(r.Context(), tenant.ID, r.PathValue("type"), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// listRecords answers with the records of one owner: the open ones, unless the
// query asks for the closed ones.
func (a api) listRecords(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	limit, err := exchange.Limit(r)
	if err != nil {
		return err
	}
	owner, err := exchange.QueryID(r, "owner")
	if err != nil {
		return err
	}
	if owner.IsZero() {
		return fault.New(fault.InvalidValue, "owner must be given, for example owner=01970c3e-8f00-7000-8000-000000000000")
	}
	query := r.URL.Query()
	records, next, err := a.Records.ListOwned(r.Context(), tenant.ID, owner, cmp.Or(query.Get("status"), directory.RecordOpen), query.Get("after"), limit)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, recordPage{append([]directory.Record{}, records...), next})
}
