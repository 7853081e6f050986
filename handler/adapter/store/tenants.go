package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Tenant reads the settings of a tenant.
func (s *Store) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	if !directory.ValidTenantID(id) {
		return directory.Tenant{}, noTenant(nil)
	}
	row, err := s.directory.Get(ctx, id, rowTenant)
	if fault.Is(err, fault.RowNotFound) {
		return directory.Tenant{}, noTenant(err)
	}
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("store: read tenant: %w", err)
	}
	return tenantOf(id, &row)
}

func noTenant(cause error) error {
	return fault.New(fault.NotFound, "no such tenant").WithCause(cause)
}

// CreateTenant lists the tenant first and then writes it, so that a killed
// process leaves a name in the list, which is skipped, and never a tenant that
// no list shows.
func (s *Store) CreateTenant(ctx context.Context, tenant directory.Tenant, cap int64, activity directory.Activity) (directory.Tenant, error) {
	tx, err := s.newTx()
	if err != nil {
		return directory.Tenant{}, err
	}
	list := &transaction{tenant: register, tx: tx}
	list.add(table.Upsert, prefixTenant+tenant.ID, "", withText(nil, columnTx, tx))
	if _, err := s.commit(ctx, list); err != nil {
		return directory.Tenant{}, fmt.Errorf("store: list tenant: %w", err)
	}
	columns, err := tenantColumns(&tenant, tx)
	if err != nil {
		return directory.Tenant{}, err
	}
	t := &transaction{tenant: tenant.ID, tx: tx}
	t.insert(rowTenant, columns)
	t.insert(rowCounters, newCounterColumns(cap, tx))
	t.insertActivity(activity)
	etag, err := s.commit(ctx, t)
	if fault.Is(err, fault.RowExists) {
		return directory.Tenant{}, fault.New(fault.Conflict, "the tenant id %q is taken", tenant.ID).WithCause(err)
	}
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("store: create tenant: %w", err)
	}
	tenant.Created, tenant.Modified, tenant.ETag = kept(tenant.Created), kept(tenant.Modified), etag
	return tenant, nil
}

// ChangeTenant replaces the settings under the ETag that was read. The cap, which
// stands in the counter row alone, is written in the same transaction: whoever
// counts users meanwhile finds that row changed and reads it again.
func (s *Store) ChangeTenant(ctx context.Context, change directory.TenantChange) (directory.Tenant, error) {
	if change.Before.ETag == "" {
		return directory.Tenant{}, stale("tenant", nil)
	}
	tx, err := s.newTx()
	if err != nil {
		return directory.Tenant{}, err
	}
	after := change.After
	columns, err := tenantColumns(&after, tx)
	if err != nil {
		return directory.Tenant{}, err
	}
	t := &transaction{tenant: after.ID, tx: tx}
	t.add(table.Replace, rowTenant, change.Before.ETag, columns)
	if change.Cap != nil {
		t.add(table.Merge, rowCounters, "", withInt(nil, "Cap", *change.Cap))
	}
	t.insertActivity(change.Activity)
	etag, err := s.commit(ctx, t)
	if conflicted(err) {
		return directory.Tenant{}, stale("tenant", err)
	}
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("store: change tenant: %w", err)
	}
	after.Created, after.Modified, after.Deleting, after.ETag = kept(after.Created), kept(after.Modified), kept(after.Deleting), etag
	return after, nil
}

func newCounterColumns(cap int64, tx string) table.Columns {
	c := withInt(withInt(withInt(nil, "U", 0), "UA", 0), "G", 0)
	return withText(withInt(withInt(c, "Cap", cap), "FV", foldVersion), columnTx, tx)
}

// ListTenants reads the list and then every tenant's settings, and skips those
// whose creation was never finished.
func (s *Store) ListTenants(ctx context.Context, after string, limit int) ([]directory.Tenant, error) {
	q := table.Query{Partition: register, From: prefixTenant, To: end(prefixTenant), Columns: []string{columnTx}, Limit: max(1, min(limit, table.MaxPage))}
	if after != "" {
		q.After = prefixTenant + after
	}
	var tenants []directory.Tenant
	for len(tenants) < limit {
		page, err := s.directory.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("store: list tenants: %w", err)
		}
		found, err := s.readTenants(ctx, page.Entities)
		if err != nil {
			return nil, err
		}
		tenants = append(tenants, found...)
		if !page.More {
			break
		}
		q.After = page.Next
	}
	return tenants[:min(limit, len(tenants))], nil
}

func (s *Store) readTenants(ctx context.Context, listed []table.Entity) ([]directory.Tenant, error) {
	return readEach(ctx, len(listed), func(ctx context.Context, i int) (directory.Tenant, bool, error) {
		t, err := s.Tenant(ctx, strings.TrimPrefix(listed[i].Row, prefixTenant))
		if fault.Is(err, fault.NotFound) {
			return t, false, nil
		}
		return t, err == nil, err
	})
}

// tenantColumns are the columns of the row t; lists are kept as JSON.
func tenantColumns(t *directory.Tenant, tx string) (table.Columns, error) {
	c := make(table.Columns, 0, 24)
	c = withText(c, "NA", t.Name)
	c = withText(c, "CY", t.Country)
	c = withText(c, "MA", t.MasterAdmin)
	c = withText(c, "DR", t.DefaultRole)
	c = append(c, table.Column{Name: "Off", Value: table.Bool(t.ScimOff)}, table.Column{Name: "Strict", Value: table.Bool(t.Strict)})
	c = append(c, table.Column{Name: "Sus", Value: table.Bool(t.Suspended)})
	c = withInt(c, "RD", int64(t.RetentionDays))
	c = withText(c, "ET", t.Entra.TenantID)
	c = withText(c, "ES", t.Entra.Subject)
	c = withTime(c, "DE", t.Deleting)
	c = withTime(c, "CR", t.Created)
	c = withTime(c, "LM", t.Modified)
	c = withText(c, columnTx, tx)
	for _, list := range []struct {
		name  string
		value any
		empty bool
	}{
		{"Domains", t.Domains, len(t.Domains) == 0},
		{"Deputies", t.Deputies, len(t.Deputies) == 0},
		{"Roles", t.Roles, len(t.Roles) == 0},
		{"Mappings", t.Mappings, len(t.Mappings) == 0},
		{"EA", t.Entra.AppIDs, len(t.Entra.AppIDs) == 0},
		{"Schemas", t.Schemas, len(t.Schemas) == 0},
		{"Connector", t.Connector, t.Connector.Kind == ""},
		{"Webhook", t.Webhook, t.Webhook.IsZero()},
	} {
		if list.empty {
			continue
		}
		text, err := json.Marshal(list.value)
		if err != nil {
			return nil, fmt.Errorf("store: write tenant's %s: %w", list.name, err)
		}
		c = withLong(c, list.name, string(text))
	}
	return c, nil
}

func tenantOf(id string, row *table.Entity) (directory.Tenant, error) {
	c := row.Columns
	t := directory.Tenant{
		ID: id, Name: c.Get("NA").Text(), Country: c.Get("CY").Text(), MasterAdmin: c.Get("MA").Text(),
		DefaultRole: c.Get("DR").Text(), ScimOff: c.Get("Off").Bool(), Strict: c.Get("Strict").Bool(),
		Suspended: c.Get("Sus").Bool(), Deleting: c.Get("DE").Time(), RetentionDays: int(c.Get("RD").Int()),
		Entra:   directory.EntraBinding{TenantID: c.Get("ET").Text(), Subject: c.Get("ES").Text()},
		Created: c.Get("CR").Time(), Modified: c.Get("LM").Time(), ETag: row.ETag,
	}
	lists := map[string]any{
		"Domains": &t.Domains, "Deputies": &t.Deputies, "Roles": &t.Roles, "Mappings": &t.Mappings, "EA": &t.Entra.AppIDs,
		"Schemas": &t.Schemas, "Connector": &t.Connector, "Webhook": &t.Webhook,
	}
	for name, into := range lists {
		text := getLong(c, name)
		if len(text) == 0 {
			continue
		}
		if err := json.Unmarshal(text, into); err != nil {
			return directory.Tenant{}, fault.New(fault.Internal, "the tenant's settings cannot be read: %s", name).WithCause(err)
		}
	}
	return t, nil
}
