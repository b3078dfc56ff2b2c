package lab

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A RedisServer is a redis-server of one test: on a socket file in a directory
// of its own, so that no port is guessed and its URL survives a restart; without
// persistence.
type RedisServer struct {
	URL string // unix://…, as go-redis reads it

	tb      testing.TB
	dir     string
	process *exec.Cmd // nil while it is dead
	output  bytes.Buffer
}

// Redis starts a private redis-server and ends it with the test.
func Redis(tb testing.TB) *RedisServer {
	tb.Helper()
	dir, err := os.MkdirTemp("", "weer-redis-") // not tb.TempDir: a socket's path has at most 107 bytes
	if err != nil {
		tb.Fatal(err)
	}
	s := &RedisServer{tb: tb, dir: dir}
	s.URL = "unix://" + s.socket()
	tb.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	s.Start()
	return s
}

func (s *RedisServer) socket() string { return filepath.Join(s.dir, "redis.sock") }

// Start starts the server, empty, and returns when it answers.
func (s *RedisServer) Start() {
	s.tb.Helper()
	if s.process != nil {
		s.tb.Fatal("redis-server runs already")
	}
	s.output.Reset()
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(),
		"--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no")
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	if err := cmd.Start(); err != nil {
		s.tb.Fatalf("redis-server: %v (Debian and Ubuntu: apt-get install redis-server)", err)
	}
	s.process = cmd
	s.await()
}

// await asks until the server answers: it tells nobody else when it is ready.
func (s *RedisServer) await() {
	s.tb.Helper()
	deadline := time.Now().Add(20 * time.Second)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		err := s.ping()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.Kill()
			s.tb.Fatalf("redis-server does not answer: %v\n%s", err, s.output.Bytes())
		}
		<-again.C
	}
}

func (s *RedisServer) ping() error {
	c, err := net.DialTimeout("unix", s.socket(), time.Second)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // only read from
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 16)
	n, err := c.Read(answer)
	if err == nil && string(answer[:n]) != "+PONG\r\n" {
		err = errors.New(string(answer[:n]))
	}
	return err
}

// Kill ends the server as a power cut would. Killing a dead one does nothing.
func (s *RedisServer) Kill() {
	s.tb.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Kill(); err != nil {
		s.tb.Errorf("redis-server: %v", err)
	}
	s.process.Wait() //nolint:errcheck // the exit of a killed process is an error
	s.process = nil
}
