package hook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"

	"weer/model"
	"weer/model/fault"
)

// metadata are public addresses at which a cloud answers its own machines only,
// and tells them secrets: Azure's. Those of other clouds are link-local, shared
// or not of the public network, and refused as such.
var metadata = netip.MustParsePrefix("168.63.129.16/32")

// errTarget is inside the error of every dial that was refused.
var errTarget = errors.New("the target's address is not allowed")

// targets decides which addresses may be dialled.
type targets struct {
	public   *ssrf.Guardian
	networks []netip.Prefix // allowed though they are not public
	plain    bool           // http to any allowed address, not only to the networks
}

func newTargets(networks []netip.Prefix, plain bool) targets {
	var v4, v6 []netip.Prefix
	for _, n := range networks {
		if n.Addr().Is4() {
			v4 = append(v4, n)
		} else {
			v6 = append(v6, n)
		}
	}
	return targets{
		public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...),
			ssrf.WithDeniedV4Prefixes(metadata)),
		networks: networks, plain: plain,
	}
}

// A control is what a net.Dialer asks with the address that it is about to
// connect to.
type control = func(network, address string, c syscall.RawConn) error

// control refuses what may not be dialled for a scheme.
func (t targets) control(scheme string) control {
	return func(network, address string, c syscall.RawConn) error {
		if err := t.public.Safe(network, address, c); err != nil {
			return fmt.Errorf("%w: %w", errTarget, err)
		}
		to, err := netip.ParseAddrPort(address)
		if err != nil || !t.allows(scheme, to.Addr()) {
			return fmt.Errorf("%w: plain http", errTarget)
		}
		return nil
	}
}

// allows decides on an address that is safe whether the scheme is.
func (t targets) allows(scheme string, addr netip.Addr) bool {
	return scheme == "https" || t.plain ||
		slices.ContainsFunc(t.networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// check refuses early, for whoever makes or changes a webhook, what every dial
// would refuse. A name passes: its addresses are looked at when it is dialled.
func (t targets) check(text string) error {
	if err := model.CheckHookURL(text); err != nil {
		return err
	}
	u, err := url.Parse(text)
	if err != nil {
		return err // CheckHookURL has parsed it
	}
	addr, err := netip.ParseAddr(u.Hostname())
	switch {
	case err != nil && u.Scheme == "http" && !t.plain && len(t.networks) == 0,
		err == nil && !t.allows(u.Scheme, addr):
		return fault.Bad("url", "a target's URL begins with https://")
	case err == nil && t.public.SafeAddr(addr) != nil:
		return fault.Bad("url", "a target is on the public network: this address is not, and no setting of this WeER allows it")
	}
	return nil
}
