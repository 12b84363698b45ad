package main

import (
	"runtime/debug"
	"strings"
)

// commitDigits is the number of digits of a commit in --version, the same as in the Taskfile's git describe.
const commitDigits = 12

// version is the output of git describe: a tag, a tag with the commits since, or a commit. The linker sets it in builds by task and by
// Docker (-X main.version=…).
var version string

// buildVersion is the output of --version.
func buildVersion() string {
	info, _ := debug.ReadBuildInfo()
	return describe(version, info)
}

// describe names the sources of a build: the linker's version, otherwise the commit that the go command noted in info, which may be nil.
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

// noted is the version that the go command noted: the commit of a checkout, otherwise the module's version.
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
			dirty = "-dirty" // as in git describe
		}
	}
	if commit == "" && strings.HasPrefix(info.Main.Version, "v") {
		return info.Main.Version
	}
	return commit + dirty
}
