package api

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A deadline is to everybody what context.WithTimeout would be.
func TestADeadlineIsAContext(t *testing.T) {
	for name, look := range map[string]func(*deadline) context.Context{
		"looked at":  func(d *deadline) context.Context { return d },
		"waited for": func(d *deadline) context.Context { d.Done(); return d },
		"through a child": func(d *deadline) context.Context {
			ctx, cancel := context.WithCancel(d)
			t.Cleanup(cancel) // long after its parent has ended it
			return ctx
		},
		"through its values": func(d *deadline) context.Context { return context.WithValue(d, formKey{}, new(form)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				passed := newDeadline(time.Now().Add(time.Second))
				ctx := look(passed)
				if at, ok := ctx.Deadline(); !ok || !at.Equal(passed.at) || ctx.Err() != nil {
					t.Errorf("before: %v %v %v", at, ok, ctx.Err())
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					t.Errorf("after its time: %v", ctx.Err())
				}
				<-ctx.Done()
				passed.end()

				answered := newDeadline(time.Now().Add(time.Second))
				ctx = look(answered)
				answered.end()
				synctest.Wait()
				if !errors.Is(ctx.Err(), context.Canceled) {
					t.Errorf("after the answer: %v", ctx.Err())
				}
				<-ctx.Done()
			})
		})
	}
}
