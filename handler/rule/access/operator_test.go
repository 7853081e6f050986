package access_test

import (
	"testing"
	"time"

	"handover/handler/adapter/entra/entratest"
	"handover/handler/core/fault"
	"handover/handler/rule/access"
)

func TestOperator(t *testing.T) {
	d := newDoor(t, time.Time{})
	none := access.New(access.Config{Tenants: d.tenants, Now: time.Now, OperatorKeys: []string{""}})
	tests := []struct {
		name, key string
		gate      *access.Gate
		want      bool
	}{
		{"the first key", "first key", d.Gate, true},
		{"the second key", "second key", d.Gate, true},
		{"a wrong key", "third key", d.Gate, false},
		{"no key shown", "", d.Gate, false},
		{"no key configured", "", none, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.gate.Operator(t.Context(), test.key)
			if (err == nil) != test.want || (err != nil && !fault.Is(err, fault.Unauthorized)) {
				t.Errorf("error is %v, want passing %v", err, test.want)
			}
		})
	}
}

func TestOperatorsOfEntra(t *testing.T) {
	h := newHouse(t)
	token := func(role string) entratest.Claims {
		return entratest.Operator(vendorDirectory, vendorApp, role, time.Now())
	}
	const object = "0b0b0b0b-0000-4000-8000-00000000000b"
	tests := []struct {
		name   string
		claims entratest.Claims
		want   access.Operator
	}{
		{"an operator", token("Handover.Operator"), access.Operator{ID: object}},
		{"a reader", token("Handover.Reader"), access.Operator{ID: object, ReadOnly: true}},
		{"both", token("").With("roles", []string{"Handover.Reader", "Handover.Operator"}), access.Operator{ID: object}},
		{"another role", token("Handover.Admin"), access.Operator{}},
		{"a role in small letters", token("handover.operator"), access.Operator{}},
		{"no role", token("").With("roles", nil), access.Operator{}},
		{"another directory", entratest.Operator(acmeDirectory, vendorApp, "Handover.Operator", time.Now()), access.Operator{}},
		{"another application", token("Handover.Operator").With("aud", workload), access.Operator{}},
		{"expired", token("Handover.Operator").With("exp", 1), access.Operator{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := h.Operator(t.Context(), h.entra.Token(test.claims))
			if got != test.want || (err == nil) != (test.want.ID != "") || err != nil && !fault.Is(err, fault.Unauthorized) {
				t.Errorf("operator %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
	if got, err := h.Operator(t.Context(), "key"); err != nil || got != (access.Operator{ID: "operator"}) {
		t.Errorf("the key gives %+v, %v", got, err)
	}
}
