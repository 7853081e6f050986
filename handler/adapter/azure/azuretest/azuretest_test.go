package azuretest_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"handover/handler/adapter/azure/azuretest"
)

func TestTablesAnswers(t *testing.T) {
	connection := azuretest.Tables(t)
	_, endpoint, found := strings.Cut(connection, "TableEndpoint=")
	if !found {
		t.Fatalf("no TableEndpoint in %q", connection)
	}
	u, err := url.Parse(strings.TrimSuffix(endpoint, ";"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if again := azuretest.Tables(t); again != connection {
		t.Errorf("the second call started another: %q", again)
	}
}
