// Package azuretest starts the emulators that tests talk to: Azurite for Table
// Storage, and the project's own Service Bus.
//
// One process of each serves a test binary and ends with it. A test that cannot
// have them fails and says what to install; it is never skipped. With a
// connection string in [TablesVariable] or [ServiceBusVariable] the same tests
// run against that, for example a namespace in Azure.
package azuretest

import (
	"os"
	"sync"
	"testing"
)

// TablesVariable is the environment variable that names another Table service.
const TablesVariable = "HANDOVER_TEST_TABLES"

// Tables returns the connection string of a Table service. All tests of a
// binary share it, so each makes a table of its own.
func Tables(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(TablesVariable); given != "" {
		return given
	}
	emulator, err := azurite()
	if err != nil {
		t.Fatal(err)
	}
	return emulator.addresses["TableConnection"]
}

var azurite = sync.OnceValues(func() (*emulator, error) {
	return start("azurite.mjs")
})
