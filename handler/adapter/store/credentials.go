package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Credential reads what is kept of a secret. An id that cannot be one is not
// found, without a read.
func (s *Store) Credential(ctx context.Context, tenant, id string) (credential.Credential, error) {
	if !isCredentialID(id) || !directory.ValidTenantID(tenant) {
		return credential.Credential{}, noCredential(nil)
	}
	row, err := s.directory.Get(ctx, tenant, prefixCredential+id)
	if fault.Is(err, fault.RowNotFound) {
		return credential.Credential{}, noCredential(err)
	}
	if err != nil {
		return credential.Credential{}, fmt.Errorf("store: read credential: %w", err)
	}
	return credentialOf(&row), nil
}

func noCredential(cause error) error {
	return fault.New(fault.NotFound, "no such credential in this tenant").WithCause(cause)
}

// isCredentialID tells whether an id may stand in a row key: 1 to 64 of a-z,
// 0-9 and "-".
func isCredentialID(id string) bool { return directory.ValidTenantID(id) }

// AddCredential keeps a new credential.
func (s *Store) AddCredential(ctx context.Context, tenant string, c credential.Credential, activity directory.Activity) error {
	if !isCredentialID(c.ID) {
		return fault.New(fault.Internal, "the id of the new credential cannot stand in a key")
	}
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx}
	t.insert(prefixCredential+c.ID, credentialColumns(&c, tx))
	t.insertActivity(activity)
	if _, err := s.commit(ctx, t); fault.Is(err, fault.RowExists) {
		return fault.New(fault.Conflict, "the tenant has a credential with this id").WithCause(err)
	} else if err != nil {
		return fmt.Errorf("store: add credential: %w", err)
	}
	return nil
}

// Credentials lists the tenant's credentials in order of their ids.
func (s *Store) Credentials(ctx context.Context, tenant string) ([]credential.Credential, error) {
	var list []credential.Credential
	q := table.Query{Partition: tenant, From: prefixCredential, To: end(prefixCredential)}
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list credentials: %w", err)
		}
		list = append(list, credentialOf(&row))
	}
	return list, nil
}

// RevokeCredential deletes a credential for good.
func (s *Store) RevokeCredential(ctx context.Context, tenant, id string, activity directory.Activity) error {
	if !isCredentialID(id) {
		return noCredential(nil)
	}
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx}
	t.delete(prefixCredential + id)
	t.insertActivity(activity)
	if _, err := s.commit(ctx, t); fault.Is(err, fault.RowNotFound) {
		return noCredential(err)
	} else if err != nil {
		return fmt.Errorf("store: revoke credential: %w", err)
	}
	return nil
}

// usedEvery is how often at most the last use of a credential is written.
const usedEvery = time.Minute

// UsedCredential writes when a credential was last used. The row is read first,
// and written under the ETag that it then has, so that several processes
// together write no more than one alone.
func (s *Store) UsedCredential(ctx context.Context, tenant, id string, at time.Time) error {
	if !isCredentialID(id) {
		return noCredential(nil)
	}
	row, err := s.directory.Get(ctx, tenant, prefixCredential+id, "LU")
	switch {
	case fault.Is(err, fault.RowNotFound):
		return noCredential(err)
	case err != nil:
		return fmt.Errorf("store: read credential: %w", err)
	case at.Sub(row.Columns.Get("LU").Time()) < usedEvery:
		return nil
	}
	used := table.Operation{Action: table.Merge, Row: prefixCredential + id, IfMatch: row.ETag, Columns: withTime(nil, "LU", at)}
	if _, err := s.directory.Transact(ctx, tenant, []table.Operation{used}); err != nil && !conflicted(err) {
		return fmt.Errorf("store: write last use: %w", err)
	}
	return nil
}

func credentialColumns(c *credential.Credential, tx string) table.Columns {
	columns := table.Columns{{Name: "H", Value: table.Bytes(string(c.Hash[:]))}}
	columns = withText(columns, "K", string(c.Kind))
	columns = withText(columns, "L", c.Label)
	columns = withTime(columns, "CR", c.Created)
	columns = withTime(columns, "EX", c.Expires)
	columns = withTime(columns, "LU", c.LastUsed)
	return withText(columns, columnTx, tx)
}

func credentialOf(row *table.Entity) credential.Credential {
	c := credential.Credential{
		ID: strings.TrimPrefix(row.Row, prefixCredential), Kind: credential.Kind(row.Columns.Get("K").Text()),
		Label: row.Columns.Get("L").Text(), Created: row.Columns.Get("CR").Time(), Expires: row.Columns.Get("EX").Time(),
		LastUsed: row.Columns.Get("LU").Time(),
	}
	copy(c.Hash[:], row.Columns.Get("H").Text())
	return c
}
