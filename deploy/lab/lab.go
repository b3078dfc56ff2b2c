// Package lab starts the private servers and programs that tests need, on
// sockets and loopback ports of their own, and leaves nothing behind.
//
// A server that is costly to make is started once per test process, by the
// first test that asks, and stopped by [Main]:
//
//	func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }
//
// A server that a test kills is the test's own and ends with it. Whatever
// happens to the test process, its servers die with it: the kernel kills them.
package lab

import (
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
)

var ends struct {
	sync.Mutex
	calls []func()
}

// atEnd has Main call stop, the last one first.
func atEnd(stop func()) {
	ends.Lock()
	defer ends.Unlock()
	ends.calls = append(ends.calls, stop)
}

// Main runs the tests, stops what they share, and returns the exit code.
func Main(m *testing.M) int {
	defer stopAll()
	return m.Run()
}

func stopAll() {
	ends.Lock()
	calls := ends.calls
	ends.calls = nil
	ends.Unlock()
	for _, stop := range slices.Backward(calls) {
		stop()
	}
}

// A child is a running process that dies with this one.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// startChild starts and awaits the command on one locked thread: the kernel
// sends the signal when the thread that started the child ends, not the process.
func startChild(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c := &child{cmd, make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(c.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how a server ends is its killer's business
		}
	}()
	return c, <-started
}

// kill ends the child at once, as a crash would, and waits until it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // fails only when it has ended already
	<-c.ended
}
