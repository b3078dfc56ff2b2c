package hook

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/seal"
)

// closed are addresses that nothing may be posted to, in all the ways in which
// they can be written.
var closed = []string{
	"127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "169.254.0.1",
	"100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
	"240.0.0.1", "255.255.255.255", "168.63.129.16",
	"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2001::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
	"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "fe80::1%eth0",
}

func TestAddressesThatNothingIsPostedTo(t *testing.T) {
	for name, guard := range map[string]targets{
		"real": newTargets(nil, false), "simulated": newTargets(nil, true),
		"with another network allowed": newTargets([]netip.Prefix{netip.MustParsePrefix("10.9.0.0/16"), netip.MustParsePrefix("fd00:9::/32")}, true),
	} {
		for _, addr := range closed {
			for _, scheme := range []string{"http", "https"} {
				if err := guard.control(scheme)(network(addr), net.JoinHostPort(addr, "443"), nil); !errors.Is(err, errTarget) {
					t.Errorf("%s: %s to %s is allowed: %v", name, scheme, addr, err)
				}
				host := addr
				if strings.Contains(addr, ":") {
					host = "[" + strings.Replace(addr, "%", "%25", 1) + "]"
				}
				if err := guard.check(scheme + "://" + host + ":8443/weer"); !fault.Is(err, fault.Invalid) {
					t.Errorf("%s: %s://%s may be a target: %v", name, scheme, host, err)
				}
			}
		}
	}
}

func network(addr string) string {
	if strings.Contains(addr, ":") {
		return "tcp6"
	}
	return "tcp4"
}

func TestAddressesThatMayBePostedTo(t *testing.T) {
	lan := []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16"), netip.MustParsePrefix("fd00:9::/32")}
	for _, c := range []struct {
		networks []netip.Prefix
		plain    bool
		scheme   string
		addr     string
		want     bool
	}{
		{nil, false, "https", "1.1.1.1", true},
		{nil, false, "https", "2606:4700::1111", true},
		{nil, false, "http", "1.1.1.1", false},
		{nil, true, "http", "1.1.1.1", true},
		{lan, false, "http", "1.1.1.1", false},
		{lan, false, "http", "10.9.1.1", true},
		{lan, false, "https", "10.9.1.1", true},
		{lan, false, "https", "fd00:9::1", true},
		{lan, false, "https", "10.8.1.1", false},
		{lan, true, "http", "10.8.1.1", false},
	} {
		guard := newTargets(c.networks, c.plain)
		dialled := guard.control(c.scheme)(network(c.addr), net.JoinHostPort(c.addr, "443"), nil)
		made := guard.check(c.scheme + "://" + net.JoinHostPort(c.addr, "443") + "/")
		if (dialled == nil) != c.want || (made == nil) != c.want {
			t.Errorf("%+v: dialled %v, made %v", c, dialled, made)
		}
	}
	if err := newTargets(nil, false).control("https")("udp4", "1.1.1.1:443", nil); !errors.Is(err, errTarget) {
		t.Errorf("no TCP: %v", err)
	}
}

func TestPlainHTTPIsForTheSettingsNetworks(t *testing.T) {
	for name, c := range map[string]struct {
		guard targets
		want  bool
	}{
		"real":            {newTargets(nil, false), false},
		"real, a network": {newTargets(loopback, false), true}, // a name: decided when it is dialled
		"simulated":       {newTargets(nil, true), true},
	} {
		if err := c.guard.check("http://receiver.example/"); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A nameserver answers every question for an A record with the next address of
// a list, the last one for ever, for no time.
type nameserver struct {
	addrs []netip.Addr
	asked atomic.Int32
}

// serve answers on loopback until the test ends.
func (s *nameserver) serve(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(s.answer(buf[:n]), from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

// answer repeats the question and adds an address when it is for one of version
// 4 (RFC 1035, section 4.1).
func (s *nameserver) answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root, type and class
	reply := append([]byte{}, query[:end]...)
	binary.BigEndian.PutUint16(reply[2:], 0x8180)
	clear(reply[4:12])
	reply[5] = 1
	if kind := binary.BigEndian.Uint16(query[end-4:]); kind != 1 {
		return reply
	}
	i := int(s.asked.Add(1)) - 1
	addr := s.addrs[min(i, len(s.addrs)-1)].As4()
	reply[7] = 1
	reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(reply, addr[:]...)
}

// A name may be made a target while it has an allowed address, and point
// elsewhere when it is posted to.
func TestANameThatChangesItsAddressGainsNothing(t *testing.T) {
	inner := newReceiver(t)
	inside := httptest.NewServer(inner) // on 127.0.0.1
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	outer := newReceiver(t)
	ln, err := net.Listen("tcp4", "127.0.0.2:"+port)
	if err != nil {
		t.Fatal(err)
	}
	outside := httptest.NewUnstartedServer(outer)
	outside.Listener.Close()
	outside.Listener = ln
	outside.Start()
	defer outside.Close()

	guard := newTargets([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, false)
	names := &nameserver{addrs: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("169.254.169.254")}}
	dialer := &net.Dialer{Timeout: connectTime, Control: guard.control("http"), Resolver: names.serve(t)}
	p := newPoster(guard, "WeER/test")
	p.clients["http"] = newClient(dialer.DialContext, nil)
	defer p.close()

	url := "http://rebind.example:" + port + "/"
	if err := guard.check(url); err != nil {
		t.Fatal(err)
	}
	secret := make([]byte, seal.KeySize)
	outer.secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for i, want := range []model.HookFailure{"", model.HookTarget, model.HookTarget} {
		p.close() // as after half a minute without a request
		m := pingOf(model.Webhook{ID: "w", Feed: region}, "ping", time.Now())
		a, err := p.post(t.Context(), url, secret, m)
		if err != nil || a.failure != want {
			t.Errorf("request %d: %+v, %v; want %q", i, a, err, want)
		}
	}
	if n, _, _ := outer.seen(); n != 1 || outer.pings != 1 {
		t.Errorf("%d requests where they belong", n)
	}
	if n, _, _ := inner.seen(); n != 0 {
		t.Errorf("%d requests to the machine itself", n)
	}
	if names.asked.Load() != 3 {
		t.Errorf("the name was asked for %d times", names.asked.Load())
	}
}
