package connector

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/smithy-go/auth/bearer"
	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/openapitest"
)

// TestStepOrder holds the order of a call's steps: what is signed has been
// written down, and what is read has been sent.
func TestStepOrder(t *testing.T) {
	stack, err := application{Connector: New(Config{})}.stack(bearer.StaticTokenProvider{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Reassign", "Initialize stack step", "ReassignDeadline", "Serialize stack step", "ReassignSerializer", "Build stack step",
		"Finalize stack step", "BearerTokenAuthentication", "Deserialize stack step", "ReassignDeserializer",
	}
	if diff := cmp.Diff(want, stack.List()); diff != "" {
		t.Error(diff)
	}
}

// TestOpenAPI holds docs/openapi/records-connector.json against what is asked and
// what is read.
func TestOpenAPI(t *testing.T) {
	document := openapitest.Read(t, "../../../docs/openapi/records-connector.json")
	document.CheckRoutes(t, []string{"POST /ownership:reassign"})
	document.CheckSchemas(t, map[string]any{
		"Reassign": reassignInput{}, "Moved": reassignOutput{}, "RecordName": reassignRecord{},
		"Person": directory.Person{}, "MovedRecord": directory.MovedRecord{},
	})
}

func TestCheckAddress(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	for _, address := range []string{"93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "10.1.2.3", "::ffff:10.1.2.3", "168.63.129.17"} {
		if err := checkAddress(join(address), allowed); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"127.0.0.1", "::1", "10.2.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255",
		"fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "168.63.129.16",
	} {
		if err := checkAddress(join(address), allowed); !fault.Is(err, fault.ConnectorRefused) {
			t.Errorf("%s is let through: %v", address, err)
		}
	}
}

func join(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]:443"
	}
	return address + ":443"
}
