package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"weer/model/feed"
)

type versionCmd struct{}

// Run is `weer version`.
func (versionCmd) Run(o outlet) error {
	_, err := fmt.Fprintf(o.out, "weer %s (%s, %s %s/%s)\n", build(), feed.Protocol, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// build names this program: its version, or the commit it was built from.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	commit := settings["vcs.revision"]
	switch {
	case commit == "" && info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	case commit == "":
		return "dev"
	case settings["vcs.modified"] == "true":
		return fmt.Sprintf("%.12s+", commit)
	}
	return fmt.Sprintf("%.12s", commit)
}
