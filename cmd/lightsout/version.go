package main

import (
	"runtime/debug"
	"strings"
)

// commitDigits is how many digits of a commit --version prints, as many as the Taskfile asks of git describe.
const commitDigits = 12

// version is what git describe says of the sources: a tag, a tag with the commits since, or a commit alone. The linker sets it
// in builds by task and by Docker (-X main.version=…).
var version string

// buildVersion is what --version prints.
func buildVersion() string {
	info, _ := debug.ReadBuildInfo()
	return describe(version, info)
}

// describe names the sources of a build: by what the linker was given, else by the commit that go build or go install noted in
// info, which may be nil.
func describe(version string, info *debug.BuildInfo) string {
	if version == "" {
		version = noted(info)
	}
	switch {
	case version == "":
		return "development, commit unknown"
	case strings.HasPrefix(version, "v"):
		return version
	default:
		return "development, commit " + version
	}
}

// noted is the version that the go command noted: the commit of a checkout, else the version of the module.
func noted(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(commitDigits, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty" // as git describe says it
		}
	}
	if commit == "" && strings.HasPrefix(info.Main.Version, "v") {
		return info.Main.Version
	}
	return commit + dirty
}
