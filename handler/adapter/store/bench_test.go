package store_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"handover/handler/adapter/local"
	"handover/handler/core/directory"
)

// onDisk is a world on the local engine, with fsync.
func onDisk(b *testing.B) *world {
	b.Helper()
	file, err := local.Open(filepath.Join(b.TempDir(), "bench.db"), local.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := file.Close(); err != nil {
			b.Error(err)
		}
	})
	b.ReportAllocs()
	return worldOn(b, file.Table("directory"), file.Table("records"))
}

func rate(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s") }

func benchUser(b *testing.B, n int64) directory.User {
	id, err := directory.NewID(directory.SortUser, clock.Add(time.Duration(n)*time.Microsecond), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	return directory.User{
		ID: id, UserName: fmt.Sprintf("user-%d@acme.com", n), ExternalID: fmt.Sprint("ext-", n), Active: true, Version: 1,
		Created: clock, Modified: clock, Document: fmt.Appendf(nil, `{"displayName":"User %d","name":{"givenName":"U","familyName":"%d"}}`, n, n),
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			w := onDisk(b)
			var made atomic.Int64
			b.SetParallelism(callers)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					u := benchUser(b, made.Add(1))
					if _, err := w.CommitUser(b.Context(), tenant, directory.UserChange{After: &u, Activity: did(directory.UserCreated)}); err != nil {
						b.Error(err)
					}
				}
			})
			rate(b)
		})
	}
}

func BenchmarkReadUser(b *testing.B) {
	w := onDisk(b)
	u := w.create(benchUser(b, 1))
	b.ResetTimer()
	for b.Loop() {
		if _, err := w.User(b.Context(), tenant, u.ID); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}

func BenchmarkPatch(b *testing.B) {
	w := onDisk(b)
	u := w.create(benchUser(b, 1))
	b.ResetTimer()
	for b.Loop() {
		after := u
		after.Version++
		stored, err := w.CommitUser(b.Context(), tenant, directory.UserChange{Before: &u, After: &after, Activity: did(directory.UserChanged)})
		if err != nil {
			b.Fatal(err)
		}
		u = stored
	}
	rate(b)
}

// BenchmarkMember adds and removes one member of a group of a given size.
func BenchmarkMember(b *testing.B) {
	for _, size := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := onDisk(b)
			ids := w.rawUsers(size + 1)
			g := w.group("Everyone", ids[:size]...)
			change := directory.MemberChange{Add: ids[size:]}
			b.ResetTimer()
			for b.Loop() {
				read, err := w.Group(b.Context(), tenant, g.ID)
				if err != nil {
					b.Fatal(err)
				}
				if g, err = w.changeMembers(read, change); err != nil {
					b.Fatal(err)
				}
				change = directory.MemberChange{Add: change.Remove, Remove: change.Add}
			}
			rate(b)
		})
	}
}

func BenchmarkMembersOfTenThousand(b *testing.B) {
	w := onDisk(b)
	g := w.group("Everyone", w.rawUsers(10_000)...)
	b.ResetTimer()
	for b.Loop() {
		if _, _, err := w.GroupAndMembers(b.Context(), tenant, g.ID); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}
