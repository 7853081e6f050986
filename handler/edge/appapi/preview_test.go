package appapi_test

import (
	"io"
	"strings"
	"testing"
)

func TestPreviewLeave(t *testing.T) {
	a := newApp(t, io.Discard)
	tests := []struct {
		name, user string
		status     int
		want       string
	}{
		{"of a user", ann, 200, `"types":[{"type":"quote","records":3}],"records":3,"atLeast":false}`},
		{"of a stranger", "00000000-0000-0000-0000-0000000000ff", 404, "notFound"},
		{"of what is no id", "x", 404, "its id has 36 characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := a.ask("GET /users/"+test.user+"/leave-preview", "")
			if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.want) {
				t.Errorf("%d %s, wanted %d %s", answer.Code, answer.Body, test.status, test.want)
			}
		})
	}
}
