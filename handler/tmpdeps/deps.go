// Package tmpdeps keeps modules in go.mod while their users are being written.
package tmpdeps

import (
	_ "github.com/alecthomas/kong"
	_ "github.com/aws/smithy-go/waiter"
	_ "github.com/caarlos0/env/v11"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/rogpeppe/go-internal/txtar"
	_ "github.com/schollz/progressbar/v3"
	_ "go.etcd.io/bbolt"
	_ "golang.org/x/net/idna"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/text/secure/precis"
	_ "golang.org/x/time/rate"
	_ "pgregory.net/rapid"
)
